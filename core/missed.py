"""Why no VIN was read where there may be one: what spoils the row that is most like one.

Where glare, mud or the photo's border hides a part of a VIN the detector finds the rest, in which nothing is
wrong. So a piece is followed on at its own pitch to 17 characters, at either end and at both: what shows a
trouble just where characters were missed is believed. And where all of it is hidden, other rows are found: so
what the whole photo shows weighs the kinds, and is told where no row shows any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.detect.words import places_of_characters
from core.panel import Panel
from core.quality.gauge import Gauge
from core.quality.inspect import PLAIN, inspect, weakest
from core.quality.kinds import sentence
from core.quality.overview import Overview
from core.quality.screen import suspect
from core.records import Candidate, HeatMaps, Line, Photo, Problem
from core.rectify import EmptyQuad, rectify
from core.vin import LENGTH

LOOKED_AT = 6
"""Lines that are asked for their troubles, longest and likeliest first."""
FOLLOWED = 2
"""Of these, lines that are followed on to 17 characters."""
FEWEST = 5
"""Characters that a piece must show to be followed: their distance says where the others are."""
INSIDE = 0.5
"""Share of the hurt characters that must lie where characters were missed, or beside."""
PIECE = 0.3
"""What the severity of too few pixels counts here: a piece's size says nothing of the whole."""
SHORTEST = 8.0
"""Length over height below which a line is a piece for sure, and its size not told at all."""
GLANCED, DENIED = 0.7, 0.01
"""How much the whole photo's opinion counts beside the rows' severities (exponent), and what it leaves a kind
that it denies."""
FAINTEST = 0.1
"""What a kind counts that no row shows."""
ALONE = 0.5
"""Probability from which on the whole photo's opinion is told where no row shows that kind."""
WHITE, MOSTLY = 248, 0.3
"""Mean of a pixel's channels from which it is white; share of such pixels in a photo that is too bright."""


@dataclass(frozen=True, eq=False)
class Followed:
    """A piece of a VIN, followed on to 17 characters.

    Attributes:
        line: as long as the whole.
        missed: characters of it that the detector did not see, 0..16.
    """

    line: Line
    missed: frozenset[int]


def why(
    photo: Photo,
    seen: Sequence[Candidate],
    maps: HeatMaps,
    panel: Panel,
    gauge: Gauge | None = None,
    overview: Overview | None = None,
) -> tuple[Problem, ...]:
    """Troubles of the line that is most like a VIN, or of the photo; empty where nothing is wrong.

    Args:
        photo: in which no VIN was read.
        seen: lines that were read in it.
        maps: of the detector.
        panel: reads what is followed on.
        gauge: names troubles of a line.
        overview: names those of the whole photo.
    """
    lines = sorted(seen, key=lambda one: one.line.score * _length(one.line), reverse=True)[:LOOKED_AT]
    likely = [_told(photo, one, gauge) for one in lines[:FOLLOWED]]
    for one in lines[:FOLLOWED]:
        likely += [_where_missed(photo, piece, panel, gauge) for piece in followed(maps, one.line)]
    if not any(likely):
        # Nothing is wrong with the first ones: perhaps with another.
        likely = _others([_told(photo, one, gauge) for one in lines[FOLLOWED:]])
    if not any(likely):
        whole = suspect(photo) or _glaring(photo)
        likely = [] if whole is None else [(whole,)]
    return weighed(likely, overview.look(photo) if overview else {})


def weighed(told: Sequence[tuple[Problem, ...]], glance: Mapping[str, float]) -> tuple[Problem, ...]:
    """The troubles of one row, that of the likeliest kind first; or what the whole photo shows.

    Args:
        told: of each row, worst first.
        glance: kind -> probability, of the whole photo; empty where nothing looked at it.
    """
    if not glance:
        return max(told, key=lambda row: _weight(row[0]) if row else 0.0, default=())
    shown = {
        kind: max((_weight(one) for row in told for one in row if one.kind == kind), default=0.0)
        for kind in glance
    }
    # A kind that no row shows is believed where the whole photo is sure of it.
    open_to = [kind for kind in glance if shown[kind] or glance[kind] >= ALONE]
    if not open_to:
        return ()
    kind = max(open_to, key=lambda one: (shown[one] + FAINTEST) * (glance[one] + DENIED) ** GLANCED)
    if not shown[kind]:
        return (Problem(kind, PLAIN, (), sentence(kind, ())),)
    row, first = max(
        ((row, one) for row in told for one in row if one.kind == kind), key=lambda pair: pair[1].severity
    )
    rest = (replace(one, severity=min(one.severity, first.severity)) for one in row if one is not first)
    return (first, *rest)


def placeless(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The same troubles without the characters that they hurt: for beside another line than theirs."""
    return tuple(replace(one, slots=(), advice=sentence(one.kind, ())) for one in problems)


def followed(maps: HeatMaps, line: Line) -> list[Followed]:
    """What a piece of a VIN may be a piece of: more at its end, at its start, at both.

    Args:
        maps: of the detector; a character is a peak of its *region* map.
        line: of one part; of fewer than :data:`FEWEST` characters and of 17 nothing is made.
    """
    if len(line.parts) != 1:
        return []
    places = places_of_characters(maps, line.parts[0])
    if not FEWEST <= len(places) < LENGTH:
        return []
    pitch = float(np.median(np.diff(places)))
    start, end = places[0] - pitch / 2, places[-1] + pitch / 2
    missing = LENGTH - round((end - start) / pitch)
    made = []
    for before in sorted({0, missing // 2, missing}) if missing > 0 else ():
        behind = missing - before
        whole = line.parts[0].part(start - before * pitch, end + behind * pitch)
        missed = frozenset([*range(before), *range(LENGTH - behind, LENGTH)])
        made.append(Followed(replace(line, parts=(whole,)), missed))
    return made


def _told(photo: Photo, candidate: Candidate, gauge: Gauge | None) -> tuple[Problem, ...]:
    told = inspect(rectify(photo, candidate.line), candidate, gauge, sure=weakest(candidate))
    if all(quad.length >= SHORTEST * quad.height for quad in candidate.line.parts):
        return told
    return tuple(problem for problem in told if problem.kind != "small")


def _glaring(photo: Photo) -> Problem | None:
    """White all over, where no line was found; the rest may be as dark as it likes."""
    if (photo.pixels.mean(axis=2) > WHITE).mean() < MOSTLY:
        return None
    return Problem("bright", PLAIN, (), sentence("bright", ()))


def _where_missed(photo: Photo, piece: Followed, panel: Panel, gauge: Gauge | None) -> tuple[Problem, ...]:
    """Troubles of the whole, where the first of them hurts mostly what was missed."""
    try:
        read = panel.read_exactly(photo, piece.line)
    except EmptyQuad:
        return ()
    told = inspect(rectify(photo, piece.line), read, gauge, plain=False)
    if not told or not told[0].slots:
        return ()
    near = piece.missed | {slot + step for slot in piece.missed for step in (-2, -1, 1, 2)}
    inside = sum(slot in near for slot in told[0].slots)
    return told if inside >= INSIDE * len(told[0].slots) else ()


def _others(told: Sequence[tuple[Problem, ...]]) -> list[tuple[Problem, ...]]:
    """Of the first row with another trouble than its size, or of the first with any."""
    some = [row for row in told if row]
    return [row for row in some if row[0].kind != "small"][:1] or some[:1]


def _weight(problem: Problem) -> float:
    return problem.severity * (PIECE if problem.kind == "small" else 1.0)


def _length(line: Line) -> float:
    return sum(quad.length for quad in line.parts)

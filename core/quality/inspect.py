"""What spoils the chosen line, slot by slot: which trouble, how bad, on which characters, and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.quality.gauge import Evidence, Gauge
from core.quality.kinds import LEARNT, sentence
from core.quality.measures import GEOMETRY, HANDMADE, Finding, findings
from core.quality.view import View
from core.records import Candidate, Problem, Strip

SEEN = 0.25
"""Probability of a kind from which on it is told."""
HURTS = 0.5
"""How likely a character is hurt, from which on it is named."""
FAILS = 0.6
"""Severity, as the synthetic factory counts it, at which half of the readings fail."""
ALL = 15
"""So many hurt characters are all of them."""
FAINT = 0.5
"""Severity of whatever it is that keeps the readers from reading, at least."""
LEAST_SURE = 0.02
"""Least that readers are sure, for the sake of what they see besides."""
LEAST = 0.3
"""Severity below which nothing is said."""
PLAIN = 0.5
"""Severity from which on a hand-made measure is heard beside the network."""


def inspect(
    strip: Strip,
    candidate: Candidate,
    gauge: Gauge | None = None,
    plain: bool = True,
    sure: float | None = None,
) -> tuple[Problem, ...]:
    """Problems of a line, worst first.

    Args:
        strip: the chosen line.
        candidate: what was read on it; where its characters lie tells which are hurt.
        gauge: the network that names troubles; without one the hand-made measures have to do.
        plain: whether what the line's shape and place tell counts beside the network.
        sure: how sure the readers are, see :func:`learnt`; default :func:`certain` of the candidate.
    """
    view = View.of(strip, candidate)
    sure = certain(candidate) if sure is None else sure
    if gauge is None:
        found = list(findings(view, HANDMADE))
    else:
        settings = gauge.network.card.settings
        seen = findings(view, GEOMETRY) if plain else ()
        told_by_network = list(learnt(gauge.look(view), settings, sure))
        shape = [_bounded(finding, told_by_network) for finding in seen if finding.severity >= PLAIN]
        found = joined([*told_by_network, *shape])
    told = [_problem(finding) for finding in found if finding.severity >= LEAST]
    return tuple(sorted(told, key=lambda problem: problem.severity, reverse=True))


def certain(candidate: Candidate) -> float:
    """Probability that all characters are right, as far as they say so themselves, 0.02..1."""
    return max(LEAST_SURE, math.prod(slot.confidence for slot in candidate.slots))


def weakest(candidate: Candidate) -> float:
    """Confidence of the character that the readers are least sure of, 0.02..1."""
    return max(LEAST_SURE, min((slot.confidence for slot in candidate.slots), default=1.0))


def learnt(evidence: Evidence, settings: Mapping[str, float], sure: float = 1.0) -> Iterator[Finding]:
    """What the network says, one finding per kind that it believes in.

    Args:
        evidence: of the network.
        settings: of its card.
        sure: how sure the readers are, 0..1. Where they fail something is wrong, however faint it looks:
            that nothing is has so much less weight.
    """
    none = evidence.none * sure
    rest = none + (1 - evidence.none)
    top = max(evidence.kinds.values()) / rest
    for kind in LEARNT:
        share = evidence.kinds[kind] / rest
        if share < settings.get("seen", SEEN):
            continue
        hurt = np.flatnonzero(evidence.slots[kind] >= settings.get(f"hurts_{kind}", HURTS))
        if not len(hurt):
            # It sees the trouble but not where: the likeliest character at least.
            hurt = np.array([int(evidence.slots[kind].argmax())])
        slots = () if len(hurt) >= ALL else tuple(int(slot) for slot in hurt)
        faint = FAINT if sure < 0.5 else 0.0
        score = max(evidence.severity, faint) * (1 - none / rest) * share / top
        yield Finding(kind, score, settings.get(f"fails_{kind}", FAILS), slots)


def joined(found: list[Finding]) -> list[Finding]:
    """One finding per kind: the worse one."""
    best: dict[str, Finding] = {}
    for finding in found:
        if finding.kind not in best or finding.severity > best[finding.kind].severity:
            best[finding.kind] = finding
    return list(best.values())


def _bounded(finding: Finding, seen: Sequence[Finding]) -> Finding:
    """What the line's shape tells is not told before what the network has ``seen`` on it.

    At the border characters may be missing for another reason; and from the side they are narrow.
    """
    if finding.kind == "cut":
        most = PLAIN
    elif finding.kind == "small":
        steep = max((one.severity for one in seen if one.kind == "steep"), default=0.0)
        most = steep if steep >= PLAIN else 1.0
    else:
        return finding
    return replace(finding, score=min(finding.score, 2 * most * finding.threshold))


def _problem(finding: Finding) -> Problem:
    slots = finding.slots
    return Problem(finding.kind, finding.severity, slots, sentence(finding.kind, slots))

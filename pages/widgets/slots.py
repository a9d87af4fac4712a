"""The 17 slots: the sharp strip with the characters marked, cells coloured by confidence, alternatives."""

from __future__ import annotations

import base64
from collections.abc import Sequence, Set
from html import escape

import streamlit as st

from core import vin
from core.geometry import Quad
from core.images import encode_jpeg
from core.quality.kinds import KINDS
from core.records import Candidate, Line, Photo, Problem, Slot
from core.rectify import EmptyQuad, rectify
from pages.widgets.result import percent

STRIP_WIDTH = 1400
"""Pixels; twice what a laptop shows, so that it stays sharp on fine screens."""

MARGIN = 0.3
"""Shown around the line, as a share of its height."""

GRADES = ((0.99, "sure"), (0.9, "likely"), (0.6, "doubtful"), (0.0, "unsure"))
"""Lowest confidence -> CSS class; colours from blue to orange, which colour-blind people tell apart."""

WORTH_TELLING = 0.01
"""Probability below which an alternative is none."""

GROUPS = (3, 9)
"""Slots where the vehicle descriptor and the vehicle identifier begin (ISO 3779)."""


def strip(photo: Photo, candidate: Candidate, problems: Sequence[Problem] = ()) -> None:
    """Each part of the line, straightened, with the extent of every character and its letter under it.

    Characters that a problem hurts are hatched.
    """
    figures = []
    hurt = {slot for place, slot in enumerate(candidate.slots) if hurting(place, problems)}
    for part, quad in enumerate(candidate.line.parts):
        mine = [slot for slot in candidate.slots if slot.part == part]
        try:
            figures.append(figure(photo, quad, mine, hurt=hurt))
        except EmptyQuad as error:
            figures.append(f'<p class="vd-hint">{escape(str(error))}</p>')
    st.html("".join(figures))


def hurting(place: int, problems: Sequence[Problem]) -> list[str]:
    """Names of the problems that single out a character; those of the whole line mark none."""
    return [KINDS[p.kind].title if p.kind in KINDS else p.kind for p in problems if place in p.slots]


def figure(
    photo: Photo,
    quad: Quad,
    slots: list[Slot],
    marked: Set[Slot] | None = None,
    hurt: Set[Slot] = frozenset(),
) -> str:
    """One part of the line as HTML: its strip, and over it a mark for each of its slots.

    Args:
        photo: the pixels.
        quad: the part, pixels of the upright file.
        slots: those that lie in it.
        marked: only these get a mark, and no letters are written under the strip; None marks all.
        hurt: those that a problem hurts; they are hatched.

    Raises:
        EmptyQuad: it has no area or lies outside the photo.
    """
    height, length = quad.height * (1 + 2 * MARGIN), quad.length + 2 * MARGIN * quad.height
    rows = max(24, min(STRIP_WIDTH // 3, round(STRIP_WIDTH * height / length)))
    pixels = rectify(photo, Line((quad,), 1.0)).render(STRIP_WIDTH, rows, MARGIN)
    data = base64.b64encode(encode_jpeg(pixels, 88)).decode("ascii")
    shift = MARGIN * quad.height / length
    marks = []
    for slot in slots:
        if marked is not None and slot not in marked:
            continue
        # The margin widens the frame on both sides, so that places in it move inwards.
        left, right = (shift + (1 - 2 * shift) * place for place in slot.extent)
        kind = f"vd-{grade(slot)} vd-hurt" if slot in hurt else f"vd-{grade(slot)}"
        marks.append(
            f'<span class="{kind}" style="left:{100 * left:.2f}%;'
            f'width:{100 * (right - left):.2f}%"><b>{escape(slot.character)}</b></span>'
        )
    kind = "vd-strip" if marked is None else "vd-strip vd-bare"
    return (
        f'<figure class="{kind}"><img alt="The straightened line" src="data:image/jpeg;base64,{data}">'
        f"{''.join(marks)}</figure>"
    )


def cells(candidate: Candidate, problems: Sequence[Problem] = ()) -> None:
    """One cell per slot; pointed at, it tells what else it could be, who disagrees and what hurts it."""
    hurts = [hurting(place, problems) for place in range(len(candidate.slots))]
    items = "".join(_cell(place, slot, hurts[place]) for place, slot in enumerate(candidate.slots))
    legend = "".join(f'<span><i class="vd-{grade}"></i>{words}</span>' for grade, words in _LEGEND.items())
    if any(_differing(slot) for slot in candidate.slots):
        legend += "<span><b>≠</b> readers differ</span>"
    if any(hurts):
        legend += '<span><i class="vd-hurt"></i>hurt by what is told about the picture</span>'
    st.html(
        f'<div class="vd-wrap"><div class="vd-slots" role="list">{items}</div></div>'
        f'<div class="vd-legend" aria-label="Confidence">{legend}</div>'
    )


def table(candidate: Candidate) -> None:
    """Slot by slot: alternatives with their probabilities, and a column for each reader's opinion."""
    names = readers(candidate)
    head = "".join(f"<th>{escape(name.upper())}</th>" for name in names)
    rows = "".join(_row(place, slot, names) for place, slot in enumerate(candidate.slots))
    free = "".join(
        f"<li>{escape(name.upper())}: <code>{escape(text) or '–'}</code>{_length(text)}</li>"
        for name, text in candidate.readers.items()
    )
    st.html(
        f'<p class="vd-hint">{escape(agreement(candidate))}</p>'
        '<div class="vd-scroll"><table class="vd-table vd-opinions"><thead><tr><th>Slot</th><th>Read</th>'
        f"<th>Sure</th>{head}<th>Or</th></tr></thead><tbody>{rows}</tbody></table></div>"
        '<p class="vd-hint">Without being told that a VIN has 17 characters:</p>'
        f'<ul class="vd-list">{free}</ul>'
    )


def readers(candidate: Candidate) -> list[str]:
    """Names of all readers that were asked, in the order in which they are told of."""
    names = dict.fromkeys(candidate.readers)
    for slot in candidate.slots:
        names.update(dict.fromkeys(slot.opinions))
    return list(names)


def agreement(candidate: Candidate) -> str:
    """One sentence: in which slots the readers differ."""
    names = [name.upper() for name in readers(candidate)]
    if len(names) < 2:
        return f"Only {names[0]} has read this line." if names else "No reader has told its opinion."
    differing = [str(place + 1) for place, slot in enumerate(candidate.slots) if _differing(slot)]
    if not differing:
        return f"{' and '.join(names)} agree in every slot."
    return f"{' and '.join(names)} differ in slot{'s' if len(differing) > 1 else ''} {', '.join(differing)}."


def _row(place: int, slot: Slot, names: list[str]) -> str:
    opinions = "".join(_opinion(slot, slot.opinions.get(name)) for name in names)
    kind = ' class="vd-differs"' if _differing(slot) else ""
    mark = ' <b title="The readers differ">≠</b>' if _differing(slot) else ""
    return (
        f'<tr{kind}><th scope="row">{place + 1}{mark}</th><td><code>{escape(slot.character)}</code></td>'
        f"<td>{percent(slot.confidence)}</td>{opinions}<td>{escape(_alternatives(slot)) or '–'}</td></tr>"
    )


def _opinion(slot: Slot, character: str | None) -> str:
    if character is None:
        return "<td>–</td>"
    other = ' class="vd-other"' if character != slot.character else ""
    return f"<td><code{other}>{escape(character)}</code></td>"


def _length(text: str) -> str:
    return "" if len(text) == vin.LENGTH else f" ({len(text)} characters)"


_LEGEND = {"sure": "99 % and more", "likely": "90 to 99 %", "doubtful": "60 to 90 %", "unsure": "under 60 %"}


def _cell(place: int, slot: Slot, hurts: Sequence[str] = ()) -> str:
    kinds = [f"vd-{grade(slot)}", *(["vd-group"] if place in GROUPS else [])]
    kinds += ["vd-hurt"] if hurts else []
    differs = "<s>≠</s>" if _differing(slot) else ""
    rival = (
        f"<u>or {escape(slot.alternatives[0][0])}</u>" if grade(slot) != "sure" and slot.alternatives else ""
    )
    return (
        f'<div role="listitem" class="vd-slot {" ".join(kinds)}" title="{escape(told(place, slot, hurts))}">'
        f"<i>{place + 1}</i>{differs}<b>{escape(slot.character)}</b>"
        f"<em>{_short(slot.confidence)}</em>{rival}</div>"
    )


def told(place: int, slot: Slot, hurts: Sequence[str] = ()) -> str:
    """All that is known of a slot, for a tool tip."""
    name = f"Slot {place + 1}{' (check digit)' if place == vin.CHECK_SLOT else ''}"
    lines = [f"{name}: {slot.character} {percent(slot.confidence)}"]
    if rivals := _alternatives(slot):
        lines.append(f"or {rivals}")
    if slot.opinions:
        lines.append(f"readers: {_opinions(slot)}")
    if hurts:
        lines.append(f"picture: {', '.join(hurts).lower()}")
    return "\n".join(lines)


def _alternatives(slot: Slot) -> str:
    return ", ".join(
        f"{character} {percent(share)}" for character, share in slot.alternatives if share >= WORTH_TELLING
    )


def _opinions(slot: Slot) -> str:
    return ", ".join(f"{name} {character}" for name, character in slot.opinions.items())


def _differing(slot: Slot) -> bool:
    return len(set(slot.opinions.values())) > 1


def grade(slot: Slot) -> str:
    """The CSS class for a slot's confidence."""
    return graded(slot.confidence)


def graded(confidence: float) -> str:
    """The CSS class for a probability, 0..1."""
    return next(grade for lowest, grade in GRADES if confidence >= lowest)


def _short(share: float) -> str:
    return f"{min(99, int(100 * share))} %"

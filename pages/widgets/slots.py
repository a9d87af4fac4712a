"""The 17 slots: the sharp strip with the characters marked, cells coloured by confidence, alternatives."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st

from core import vin
from core.geometry import Quad
from core.images import encode_jpeg
from core.records import Candidate, Line, Photo, Slot
from core.rectify import EmptyQuad, rectify
from pages.widgets.result import percent

STRIP_WIDTH = 1400
"""Pixels; twice what a laptop shows, so that it stays sharp on fine screens."""

MARGIN = 0.3
"""Shown around the line, as a share of its height."""

GRADES = ((0.99, "sure"), (0.9, "likely"), (0.6, "doubtful"), (0.0, "unsure"))
"""Lowest confidence -> CSS class; colours from blue to orange, which colour-blind people tell apart."""

GROUPS = (3, 9)
"""Slots where the vehicle descriptor and the vehicle identifier begin (ISO 3779)."""


def strip(photo: Photo, candidate: Candidate) -> None:
    """Each part of the line, straightened, with the extent of every character and its letter under it."""
    figures = []
    for part, quad in enumerate(candidate.line.parts):
        try:
            figures.append(figure(photo, quad, [slot for slot in candidate.slots if slot.part == part]))
        except EmptyQuad as error:
            figures.append(f'<p class="vd-hint">{escape(str(error))}</p>')
    st.html("".join(figures))


def figure(photo: Photo, quad: Quad, slots: list[Slot]) -> str:
    """One part of the line as HTML: its strip, and over it a mark for each of its slots.

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
        # The margin widens the frame on both sides, so that places in it move inwards.
        left, right = (shift + (1 - 2 * shift) * place for place in slot.extent)
        marks.append(
            f'<span class="vd-{_grade(slot)}" style="left:{100 * left:.2f}%;'
            f'width:{100 * (right - left):.2f}%"><b>{escape(slot.character)}</b></span>'
        )
    return (
        f'<figure class="vd-strip"><img alt="The straightened line" src="data:image/jpeg;base64,{data}">'
        f"{''.join(marks)}</figure>"
    )


def cells(candidate: Candidate) -> None:
    """One cell per slot; what it could be instead and who disagrees is told when pointed at."""
    items = "".join(_cell(place, slot) for place, slot in enumerate(candidate.slots))
    legend = "".join(f'<span><i class="vd-{grade}"></i>{words}</span>' for grade, words in _LEGEND.items())
    if any(_differing(slot) for slot in candidate.slots):
        legend += "<span><b>≠</b> readers differ</span>"
    st.html(
        f'<div class="vd-wrap"><div class="vd-slots" role="list">{items}</div></div>'
        f'<div class="vd-legend" aria-label="Confidence">{legend}</div>'
    )


def table(candidate: Candidate) -> None:
    """Slot by slot: alternatives with their probabilities, and each reader's opinion."""
    rows = "".join(
        f"<tr><td>{place + 1}</td><td><code>{escape(slot.character)}</code></td>"
        f"<td>{percent(slot.confidence)}</td><td>{escape(_alternatives(slot)) or '–'}</td>"
        f"<td>{escape(_opinions(slot))}{' <b>≠</b>' if _differing(slot) else ''}</td></tr>"
        for place, slot in enumerate(candidate.slots)
    )
    readers = "".join(
        f"<li>{escape(name)}: <code>{escape(text)}</code></li>" for name, text in candidate.readers.items()
    )
    st.html(
        '<div class="vd-scroll"><table class="vd-table"><thead><tr><th>Slot</th><th>Read</th>'
        f"<th>Confidence</th><th>Or</th><th>Readers</th></tr></thead>{rows}</table></div>"
        '<p class="vd-hint">Without being told that a VIN has 17 characters:</p>'
        f'<ul class="vd-list">{readers}</ul>'
    )


_LEGEND = {"sure": "99 % and more", "likely": "90 to 99 %", "doubtful": "60 to 90 %", "unsure": "under 60 %"}


def _cell(place: int, slot: Slot) -> str:
    kinds = [f"vd-{_grade(slot)}", *(["vd-group"] if place in GROUPS else [])]
    differs = "<s>≠</s>" if _differing(slot) else ""
    rival = (
        f"<u>or {escape(slot.alternatives[0][0])}</u>" if _grade(slot) != "sure" and slot.alternatives else ""
    )
    return (
        f'<div role="listitem" class="vd-slot {" ".join(kinds)}" title="{escape(_told(place, slot))}">'
        f"<i>{place + 1}</i>{differs}<b>{escape(slot.character)}</b>"
        f"<em>{_short(slot.confidence)}</em>{rival}</div>"
    )


def _told(place: int, slot: Slot) -> str:
    name = f"Slot {place + 1}{' (check digit)' if place == vin.CHECK_SLOT else ''}"
    lines = [f"{name}: {slot.character} {percent(slot.confidence)}"]
    if slot.alternatives:
        lines.append(f"or {_alternatives(slot)}")
    if slot.opinions:
        lines.append(f"readers: {_opinions(slot)}")
    return "\n".join(lines)


def _alternatives(slot: Slot) -> str:
    return ", ".join(f"{character} {percent(share)}" for character, share in slot.alternatives)


def _opinions(slot: Slot) -> str:
    return ", ".join(f"{name} {character}" for name, character in slot.opinions.items())


def _differing(slot: Slot) -> bool:
    return len(set(slot.opinions.values())) > 1


def _grade(slot: Slot) -> str:
    return next(grade for lowest, grade in GRADES if slot.confidence >= lowest)


def _short(share: float) -> str:
    return f"{min(99, int(100 * share))} %"

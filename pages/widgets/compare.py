"""Two photos side by side: do they show the same VIN, and if not, where do they differ?"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.images import decode
from core.records import Candidate, Reading
from core.rectify import EmptyQuad
from core.vin import LENGTH
from pages.widgets import slots
from pages.widgets.readings import Read
from pages.widgets.result import badge, percent

SIDES = ("A", "B")

SEVERAL = 6
"""From so many differing slots on, two photos hardly show the same vehicle."""

CHECK_DIGIT = {
    "valid": "check digit agrees",
    "invalid": "check digit does not agree",
    "not_applicable": "check digit not used",
}


def wanted(reads: Sequence[Read]) -> bool:
    """Offer the comparison where there are two photos to compare, and tell whether it is switched on."""
    return len(_comparable(reads)) > 1 and st.toggle("Compare two photos", key="compare")


def show(reads: Sequence[Read], shown: Read) -> None:
    """Two choices, whether their VINs agree, their strips and their slots.

    Args:
        reads: of all photos.
        shown: the first to compare, until the person chooses.
    """
    places = _comparable(reads)
    first = next((place for place in places if reads[place] is shown), places[0])
    second = next(place for place in places if place != first)
    with st.container(key="compare_photos"):
        told = st.container()  # says it first, but knows it last
        columns = st.columns(2, gap="medium")
        pair = []
        for column, side, start in zip(columns, SIDES, (first, second), strict=True):
            with column:
                pair.append(reads[_choice(reads, places, side, start)])
        if pair[0] is pair[1]:
            told.html('<p class="vd-note">Choose two different photos.</p>')
            return
        one, other = (read.reading for read in pair)
        apart = differing(one, other)
        told.html(_told(one, other))
        for column, side, read in zip(columns, SIDES, pair, strict=True):
            column.html(_side(side, read, apart))
        if one.chosen is not None or other.chosen is not None:
            st.html(_grid([one.chosen, other.chosen], apart))


def differing(one: Reading, other: Reading) -> list[int]:
    """Slots, 0..16, in which two readings say different characters; none where one says nothing."""
    if one.vin is None or other.vin is None:
        return []
    return [
        place for place, (left, right) in enumerate(zip(one.vin, other.vin, strict=True)) if left != right
    ]


def verdict(one: Reading, other: Reading) -> str:
    """Whether two readings agree, in one line."""
    missing = [side for side, reading in zip(SIDES, (one, other), strict=True) if reading.vin is None]
    if missing:
        return f"Nothing to compare: no VIN was read on {' and '.join(missing)}."
    apart = differing(one, other)
    if not apart:
        return "Same VIN on both photos."
    if len(apart) >= SEVERAL:
        return f"Different VINs: {len(apart)} of {LENGTH} characters differ."
    pairs = ", ".join(
        f"{(one.vin or '')[place]} / {(other.vin or '')[place]} in slot {place + 1}" for place in apart
    )
    return f"{len(apart)} of {LENGTH} characters differ{'s' if len(apart) == 1 else ''}: {pairs}."


def _comparable(reads: Sequence[Read]) -> list[int]:
    return [place for place, read in enumerate(reads) if read.reading.status != "error"]


def _choice(reads: Sequence[Read], places: list[int], side: str, start: int) -> int:
    return st.selectbox(
        f"Photo {side}",
        places,
        index=places.index(start),
        format_func=lambda place: f"{place + 1}: {reads[place].source.name}",
        key=f"compare_{side.lower()}",
    )


def _told(one: Reading, other: Reading) -> str:
    if one.vin is None or other.vin is None:
        kind, sign = "no_vin", "–"
    else:
        kind, sign = ("review", "≠") if differing(one, other) else ("accepted", "✓")
    return (
        f'<p class="vd-agree vd-{kind}" role="status"><b aria-hidden="true">{sign}</b> '
        f"{escape(verdict(one, other))}</p>"
    )


def _side(side: str, read: Read, apart: list[int]) -> str:
    reading = read.reading
    sure = (
        f"<span><b>{percent(reading.confidence)}</b> sure, {CHECK_DIGIT[reading.check_digit]}</span>"
        if reading.vin is not None
        else ""
    )
    figures = "" if reading.chosen is None else strips(read, reading.chosen, apart)
    letter = f'<b class="vd-letter">{side}</b>'
    return f'<div class="vd-verdict vd-side">{letter}{badge(reading.status)}{sure}</div>{figures}'


def strips(read: Read, candidate: Candidate, apart: list[int]) -> str:
    """The line of a reading as HTML, with the slots marked that stand ``apart``."""
    photo = decode(read.source.data)
    # Marks on nearly every character would only hide them.
    marked = {candidate.slots[place] for place in apart} if len(apart) < SEVERAL else set()
    figures = []
    for part, quad in enumerate(candidate.line.parts):
        mine = [slot for slot in candidate.slots if slot.part == part]
        try:
            figures.append(slots.figure(photo, quad, mine, marked))
        except EmptyQuad as error:
            figures.append(f'<p class="vd-hint">{escape(str(error))}</p>')
    return "".join(figures)


def _grid(pair: list[Candidate | None], apart: list[int]) -> str:
    """Slot numbers, A and B under one another: 17 columns, on a phone too."""
    head = "".join(f'<th scope="col"{_mark(place, apart)}>{place + 1}</th>' for place in range(LENGTH))
    rows = "".join(
        f'<tr><th scope="row">{side}</th>{_cells(candidate, apart)}</tr>'
        for side, candidate in zip(SIDES, pair, strict=True)
    )
    signs = "".join(f"<td>{'≠' if place in apart else ''}</td>" for place in range(LENGTH))
    return (
        f'<table class="vd-pair"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}'
        f'<tr class="vd-signs" aria-hidden="true"><td></td>{signs}</tr></tbody></table>'
    )


def _cells(candidate: Candidate | None, apart: list[int]) -> str:
    if candidate is None:
        return f'<td colspan="{LENGTH}" class="vd-none">no VIN</td>'
    return "".join(
        f'<td class="vd-{slots.grade(slot)}{" vd-apart" if place in apart else ""}" '
        f'title="{escape(slots.told(place, slot))}">{escape(slot.character)}</td>'
        for place, slot in enumerate(candidate.slots)
    )


def _mark(place: int, apart: list[int]) -> str:
    return ' class="vd-apart"' if place in apart else ""

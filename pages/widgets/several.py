"""Several photos of one car: the VIN of all of them together, and which photo vouched for what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import streamlit as st

from core.quality.kinds import named
from core.several import CarReading, FusedSlot, PhotoPart, Word
from core.vin import LENGTH
from pages.widgets import compare, result, slots
from pages.widgets.readings import Read, Readings
from pages.widgets.result import STATUS, badge, percent

MOST_STRIPS = 12
"""Photos whose strips are drawn; the others are told of in words."""


def wanted(reads: Sequence[Read]) -> bool:
    """Offer it where there is more than one photo, and tell whether it is switched on."""
    return len(reads) > 1 and st.toggle(
        "These photos show one car",
        key="one_car",
        help="All photos are read together: what one shows badly, another may show well.",
    )


def show(readings: Readings, reads: Sequence[Read]) -> None:
    """The VIN, what speaks against it, 17 slots with each photo's word, and the photos one by one."""
    with st.spinner("Comparing the photos", show_time=False):  # of eighty it takes seconds
        car = readings.one_car(reads)
    if car.vin is not None:
        with st.container(key="reading_vin"):
            st.code(car.vin, language=None)
    st.html(_verdict(car))
    if car.others:
        st.html(_different(car))
    result.bar_codes(car.vin, car.bar_codes)
    if car.stacked:
        st.html(
            f'<p class="vd-hint">One by one the photos leave it in doubt, so {_named(car.stacked)} were laid '
            "on top of each other and read once more.</p>"
        )
    if car.compared:
        places = f"Slot{'' if len(car.compared) == 1 else 's'} {named(car.compared)}"
        st.html(
            f'<p class="vd-hint">{places}: told by a closer look, beside other characters of the same plate, '
            "for the readers alone say otherwise.</p>"
        )
    if car.slots:
        st.html(_grid(car))
    _photos(car, reads)
    names = [read.source.name for read in reads]
    st.download_button(
        "JSON of this car",
        json.dumps(car.to_json(names), indent=2, ensure_ascii=False) + "\n",
        file_name="car.json",
        mime="application/json",
        key="json_car",
        on_click="ignore",
    )


def told(photo: PhotoPart) -> str:
    """What one photo had to do with it, in words."""
    return {
        "agrees": f"agrees in all {LENGTH} slots",
        "outvoted": f"vouches for {photo.agreeing} of {LENGTH} slots",
        "other": f"shows another VIN: {photo.vin}",
        "unclear": "too unclear to count",
        "same": "the same picture as one before it: counted once",
        "nothing": "no VIN was read on it",
    }[photo.part]


def _verdict(car: CarReading) -> str:
    counted = sum(photo.part in ("agrees", "outvoted") for photo in car.photos)
    sure = f"<b>{percent(car.confidence)}</b> sure, " if car.vin is not None else ""
    advice = "The photos do not agree on one car." if car.others else STATUS[car.status].advice
    return (
        f'<div class="vd-verdict" role="status">{badge(car.status)}'
        f"<span>{sure}from {counted} of {len(car.photos)} photos. {escape(advice)}</span></div>"
    )


def _different(car: CarReading) -> str:
    mine = [k for k, photo in enumerate(car.photos) if photo.part in ("agrees", "outvoted")]
    lines = "".join(
        f"<li><code>{escape(vin)}</code> on {_named(photos)}</li>"
        for vin, photos in ((car.vin or "", mine), *car.others)
    )
    return (
        '<div class="vd-note vd-bad" role="alert"><p>These photos show different VINs. They are not '
        f"averaged: take out the photos of the other car.</p><ul>{lines}</ul></div>"
    )


def _named(photos: Sequence[int]) -> str:
    return f"photo{'' if len(photos) == 1 else 's'} {', '.join(str(photo + 1) for photo in photos)}"


def _grid(car: CarReading) -> str:
    """Slot numbers, all photos together, each photo's word, and who vouched: 17 columns."""
    head = "".join(f'<th scope="col">{place + 1}</th>' for place in range(LENGTH))
    together = "".join(_together(place, slot) for place, slot in enumerate(car.slots))
    rows = "".join(
        f'<tr><th scope="row" title="Photo {number + 1}">{number + 1}</th>'
        + "".join(_word(slot, slot.words[number]) for slot in car.slots)
        + "</tr>"
        for number in range(len(car.photos))
    )
    vouched = "".join(
        f'<td title="{escape(_vouched(slot))}">{len(slot.vouched) or "–"}</td>' for slot in car.slots
    )
    return (
        f'<table class="vd-pair vd-car"><thead><tr><td></td>{head}</tr></thead><tbody>'
        f'<tr class="vd-all"><th scope="row">All</th>{together}</tr>{rows}'
        f'<tr class="vd-vouched"><th scope="row" title="How many photos vouch for it">✓</th>{vouched}</tr>'
        "</tbody></table>"
        '<p class="vd-hint">Numbers on the left are the photos. A framed character is another one than all '
        "photos together say; a dot means that the photo does not show it. ✓ is how many photos vouch for a "
        "slot; point at a cell for more.</p>"
    )


def _together(place: int, slot: FusedSlot) -> str:
    rivals = ", ".join(
        f"{character} {percent(share)}"
        for character, share in slot.alternatives
        if share >= slots.WORTH_TELLING
    )
    words = [
        f"Slot {place + 1}: {slot.character} {percent(slot.confidence)}",
        *([f"or {rivals}"] if rivals else []),
        _vouched(slot),
    ]
    title = escape("\n".join(words))
    return f'<td class="vd-{slots.graded(slot.confidence)}" title="{title}">{slot.character}</td>'


def _vouched(slot: FusedSlot) -> str:
    return f"vouched for by {_named(slot.vouched)}" if slot.vouched else "no photo vouches for it"


def _word(slot: FusedSlot, word: Word | None) -> str:
    if word is None:
        return '<td class="vd-unseen" title="not shown, or not counted">·</td>'
    apart = "" if word.character == slot.character else " vd-apart"
    title = f"{word.character} {percent(word.confidence)}, its slot {word.slot + 1}"
    return f'<td class="vd-{slots.graded(word.confidence)}{apart}" title="{title}">{word.character}</td>'


def _photos(car: CarReading, reads: Sequence[Read]) -> None:
    st.subheader("The photos")
    for number, (photo, read) in enumerate(zip(car.photos, reads, strict=True)):
        reading = read.reading
        words = reading.error if reading.status == "error" and reading.error else told(photo)
        alone = f"alone {percent(photo.confidence)} sure" if photo.vin is not None else ""
        strips = ""
        if reading.chosen is not None and number < MOST_STRIPS:
            strips = compare.strips(read, reading.chosen, _apart(car, number))
        st.html(
            f'<div class="vd-verdict vd-side"><b class="vd-letter">{number + 1}</b>'
            f"<span>{escape(words)}</span><span>{alone}</span>"
            f'<span class="vd-file">{escape(read.source.name)}</span></div>{strips}'
        )


def _apart(car: CarReading, number: int) -> list[int]:
    """Its own slots that say something else than all photos together."""
    words = [(slot, slot.words[number]) for slot in car.slots]
    return [word.slot for slot, word in words if word is not None and word.character != slot.character]

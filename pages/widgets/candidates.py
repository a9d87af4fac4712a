"""All lines that could have been the VIN, why one was chosen, and the ways to point at another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from core.choose import TERMS, terms
from core.geometry import Quad
from core.records import Candidate, Photo, Reading
from core.rectify import EmptyQuad
from pages.widgets import canvas, overlay, slots
from pages.widgets.readings import Read
from pages.widgets.sources import Source

BOX = (680, 510)
"""Largest width and height of the photo to draw on, pixels of the page."""

_POINTED = "pointed"


def applied(source: Source) -> Source:
    """The photo, with the place that a person pointed at on it in this session."""
    quad = _places().get(source.sha256)
    return source if quad is None else replace(source, region=quad, pointed=True)


def point(sha256: str, quad: Quad | None) -> None:
    """Read this photo there from now on; None takes that back."""
    if quad is None:
        _places().pop(sha256, None)
    else:
        _places()[sha256] = quad


def show(photo: Photo, automatic: Read, shown: Read) -> None:
    """The list, and a canvas to draw the region on.

    Args:
        photo: its pixels.
        automatic: what was read on it without a person's help.
        shown: the reading on show; another one where a person pointed.
    """
    reading, sha256 = automatic.reading, shown.source.sha256
    lines = overlay.ranked(reading)
    # With a key, what a person has unfolded stays so while they work in it.
    section = st.expander(
        _title(lines), expanded=reading.chosen is None, key=f"candidates_{sha256[:16]}", on_change="rerun"
    )
    if not section.open:
        return
    with section:
        st.html(f'<p class="vd-hint" role="status">{escape(why(reading))}</p>')
        for number, candidate in enumerate(lines, start=1):
            _row(photo, number, candidate, shown, automatic)
        if shown.source.pointed:
            st.button(
                "Back to the automatic reading", key="point_back", icon=":material/undo:", on_click=point,
                args=(sha256, None),
            )  # fmt: skip
        if st.toggle("Draw where the VIN is", key="draw_region"):
            _draw(photo, shown)


def why(reading: Reading) -> str:
    """In one or two sentences: which line was taken, and what spoke for it."""
    lines = overlay.ranked(reading)
    if not lines:
        return "The detector found no line that could be a VIN."
    first, *others = lines
    if reading.chosen is None:
        return f"None was taken: even number 1, with a score of {first.score:.1f}, does not read like a VIN."
    if not others:
        return f"It was the only line; its score is {first.score:.1f}."
    second = others[0]
    gap = first.score - second.score
    if gap <= 0:
        return f"Number 1 was taken: number 2 scores {-gap:.1f} more, but is less usual for a VIN."
    ahead = {name: value - terms(second)[name] for name, value in terms(first).items()}
    most = max(ahead, key=ahead.__getitem__)
    return f"Number 1 was taken: its score is {gap:.1f} above that of number 2, most of it for {_FOR[most]}."


_FOR = {
    "characters": "characters that are surer",
    "length": "its length, which fits 17 characters better",
    "detector": "the detector's belief",
    "check digit": "the check digit",
}


def _title(lines: Sequence[Candidate]) -> str:
    return f"Where it was read, and why there ({len(lines)} line{'' if len(lines) == 1 else 's'})"


def _row(photo: Photo, number: int, candidate: Candidate, shown: Read, automatic: Read) -> None:
    area = _area(candidate)
    at = shown.source.region
    pointed = shown.source.pointed and at is not None and np.allclose(at.corners, area.corners)
    on_show = pointed if shown.source.pointed else candidate is automatic.reading.chosen
    with st.container(key=f"candidate_{number}", gap="xxsmall"):
        words, take = st.columns([5, 1], vertical_alignment="center")
        words.html(_told(photo, number, candidate))
        take.button(
            "On show" if on_show else "Read this", key=f"point_{number}", disabled=on_show, on_click=point,
            args=(shown.source.sha256, area), width="stretch",
        )  # fmt: skip


def _told(photo: Photo, number: int, candidate: Candidate) -> str:
    try:
        strips = "".join(slots.figure(photo, quad, [], set()) for quad in candidate.line.parts)
    except EmptyQuad as error:
        strips = f'<p class="vd-hint">{escape(str(error))}</p>'
    made_of = terms(candidate)
    parts = "".join(f"<span>{name} <b>{made_of[name]:.1f}</b></span>" for name in TERMS)
    return (
        f'<div class="vd-candidate"><p><b class="vd-letter">{number}</b><code>{escape(candidate.text)}</code>'
        f'<span>score <b>{candidate.score:.1f}</b></span></p>{strips}<p class="vd-terms">{parts}</p>'
        f'<p class="vd-hint">{escape(candidate.reason)}</p></div>'
    )


def _area(candidate: Candidate) -> Quad:
    """Of the line; of one in two parts, the box around both."""
    parts = candidate.line.parts
    if len(parts) == 1:
        return parts[0]
    corners = np.vstack([quad.corners for quad in parts])
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return Quad.from_box((float(left), float(top), float(right - left), float(bottom - top)))


def _draw(photo: Photo, shown: Read) -> None:
    chosen = shown.reading.chosen
    known = chosen.line.parts[0] if chosen else None

    def mark(picture: np.ndarray, window: canvas.Window) -> np.ndarray:
        for quad in chosen.line.parts if chosen else ():
            picture = overlay.outline(picture, window.to_page(quad))
        return picture

    sha256 = shown.source.sha256
    with st.container(key="read_region"):
        st.caption("Draw a box around the VIN; the last one counts.")
        drawn = canvas.draw_region(photo, known, mark, f"read_region_{sha256[:16]}", BOX)
        st.button(
            "Read here", key="region_read", type="primary", disabled=drawn is None, on_click=point,
            args=(sha256, drawn),
        )  # fmt: skip


def _places() -> dict[str, Quad]:
    places: dict[str, Quad] = st.session_state.setdefault(_POINTED, {})
    return places

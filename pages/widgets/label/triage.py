"""Triage: twelve strips at once with their readings; those that are right are accepted in one go."""

from __future__ import annotations

import base64
import time
import uuid
from dataclasses import replace

import cv2
import streamlit as st

from core.images import decode, encode_jpeg
from core.vin import is_vin
from pages.widgets.label.held import Held
from pages.widgets.label.session import Session
from pages.widgets.label.work import Message

PAGE = 12
"""Strips at once; as many as fit on a screen without scrolling much."""

DOUBTFUL = 0.9
"""A character that is less sure than this is marked."""

LONGEST_LOOK = 300.0
"""Seconds at a grid after which somebody was away."""

_SINCE = "triage_since"

ROWS = 110
"""Pixels of a strip as it is sent; half of it is shown."""


def show(session: Session) -> None:
    """The grid; what is opened goes to the editor."""
    with st.spinner("Fetching photos", show_time=False):
        session.fill(PAGE, surest=True)
        # Blind ones have no reading to agree with: they wait for the editor, others come instead.
        session.fill(min(2 * PAGE, PAGE + sum(not fit(held) for held in session.held)), surest=True)
    shown = sorted(filter(fit, session.held), key=_unsure)[:PAGE]
    if not shown:
        st.write("Nothing here can be accepted at a glance. Go on one by one.")
        return
    st.session_state.setdefault(_SINCE, time.monotonic())
    # No form: it would keep the ticks to itself until it is sent, and forget them when the person looks at
    # something else first.
    with st.container(key="triage"):
        st.caption(
            "Ticked readings are saved as your labels. Take the tick off where a single character is not "
            "right, or open the photo. Tab and Space do it without a mouse."
        )
        ticks = _grid(session, shown)
        if st.button("Accept the ticked", key="triage_accept", type="primary", shortcut="Ctrl+Enter"):
            _accept(session, [held for held, tick in zip(shown, ticks, strict=True) if tick])
            st.rerun()


def fit(held: Held) -> bool:
    """Whether there is a whole reading to agree with."""
    whole = len(held.characters) == len(held.work.slots) and is_vin(held.work.text)
    return whole and not held.task.blind and not held.trouble and bool(held.quads)


def _unsure(held: Held) -> float:
    return -held.task.prediction.confidence if held.task.prediction else 0.0


def _grid(session: Session, shown: list[Held]) -> list[bool]:
    ticks = []
    for row in range(0, len(shown), 2):
        for column, held in zip(st.columns(2, gap="medium"), shown[row : row + 2], strict=False):
            with column.container(key=f"triage_card_{held.photo}", gap="xxsmall"):
                said = held.task.prediction
                sure = bool(said and said.status == "accepted") and held.stamp not in session.refused
                st.html(_strip(held))
                tick, more = st.columns([4, 1], vertical_alignment="center")
                key = f"triage_{held.stamp}"
                ticks.append(
                    tick.checkbox(
                        _told(held), value=sure, key=key, on_change=_ticked, args=(session, held.stamp, key)
                    )
                )
                more.button(
                    "Open", key=f"triage_open_{held.photo}", on_click=_open, args=(session, held.photo)
                )
    return ticks


def _ticked(session: Session, stamp: str, key: str) -> None:
    """Streamlit forgets the ticks of a page that is not shown; what was refused stays refused."""
    (session.refused.discard if st.session_state[key] else session.refused.add)(stamp)


def _open(session: Session, photo: int) -> None:
    session.hold(photo)
    st.session_state["label_way"] = "one"


def _accept(session: Session, accepted: list[Held]) -> None:
    # The look at the grid is shared out among what was seen on it.
    looked = time.monotonic() - st.session_state.pop(_SINCE, time.monotonic())
    seconds = min(looked, LONGEST_LOOK) / max(1, len(accepted))
    for held in accepted:
        work, uid = replace(held.work, seconds=round(seconds, 1)), uuid.uuid4().hex
        message = Message(session.last + 1, "accept", held.photo, uid, work, revision=held.stamp)
        session.handle([message])
    seen = {held.photo for held in accepted}
    left = sum(held.photo in seen for held in session.held)
    st.toast(f"{len(accepted) - left} accepted" + (f", {left} to be looked at one by one" if left else ""))


def _told(held: Held) -> str:
    """The reading as the label of its tick; doubtful characters are framed. A VIN holds no Markdown."""
    letters = "".join(
        f":orange-background[{slot.character}]" if read["confidence"] < DOUBTFUL else slot.character
        for slot, read in zip(held.work.slots, held.characters, strict=True)
    )
    said = held.task.prediction
    return f"**{letters}**" + (f" :small[{min(99, int(100 * said.confidence))} % sure]" if said else "")


def _strip(held: Held) -> str:
    return (
        f'<figure class="vd-triage"><img alt="Strip of photo {held.photo}" '
        f'src="{_small(held.picture.source)}"></figure>'
    )


@st.cache_data(show_spinner=False, max_entries=100)
def _small(source: str) -> str:
    pixels = decode(base64.b64decode(source.partition(",")[2])).pixels
    rows, columns = pixels.shape[:2]
    small = cv2.resize(pixels, (max(1, round(columns * ROWS / rows)), ROWS), interpolation=cv2.INTER_AREA)
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(small, 85)).decode("ascii")

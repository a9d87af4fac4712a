"""A sign of life from an open page, once in a while: as long as it comes, a person keeps what they hold.

A Streamlit component of our own that shows nothing. When the tab is closed, or the machine sleeps, it stops.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

KEY = "page_pulse"

EVERY = 50.0
"""Seconds; browsers let a page in the background do something once a minute at least."""


def show(on_beat: Callable[[], None]) -> None:
    """Put it on the page; ``on_beat`` is called before the rerun that each beat causes."""
    _mount(key=KEY, data={"milliseconds": round(1000 * EVERY)}, on_beat_change=on_beat, height=0)


_mount = st.components.v2.component(
    "vin_desk_pulse",
    html='<i data-testid="page-pulse" hidden></i>',
    js=(Path(__file__).parent / "pulse.js").read_text(encoding="utf-8"),
)

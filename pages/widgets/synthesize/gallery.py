"""The gallery: pictures as the settings make them, extents drawn in; some are kept while others change."""

from __future__ import annotations

import json
from itertools import count, islice

import streamlit as st

from core.synth.series import Recipe
from pages.widgets.synthesize import cards
from pages.widgets.synthesize.cards import Drawn

SHOWN = {"strips": 12, "scenes": 9}
COLUMNS = {"strips": 2, "scenes": 3}

_PINS, _START = "synth_pins", "synth_start"


def show(recipe: Recipe) -> None:
    """The pinned pictures first, then those whose turn it is."""
    pins: list[int] = st.session_state.setdefault(_PINS, [])
    start = st.session_state.setdefault(_START, 0)
    shown = SHOWN[recipe.kind]
    fresh = list(islice((index for index in count(start) if index not in pins), max(0, shown - len(pins))))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Other pictures", key="synth_other", icon=":material/casino:", type="primary",
            on_click=_go, args=(start + shown,),
        )  # fmt: skip
        if start:
            st.button("From the start", key="synth_first", on_click=_go, args=(0,))
        st.caption(_told(recipe))
    columns = st.columns(COLUMNS[recipe.kind], gap="medium")
    for place, index in enumerate([*pins, *fresh]):
        with columns[place % len(columns)].container(key=f"synth_card_{index}", gap=None):
            _card(drawn(recipe, index), index in pins)


def drawn(recipe: Recipe, index: int) -> Drawn:
    """One picture of the series; settings that were looked at before need no drawing."""
    return _drawn(json.dumps(recipe.told(), sort_keys=True), index, recipe)


@st.cache_data(show_spinner=False, max_entries=400)
def _drawn(told: str, index: int, _recipe: Recipe) -> Drawn:
    return cards.of(_recipe, index)


def plain(recipe: Recipe, index: int) -> str:
    """One picture of the series without marks, as HTML."""
    return drawn(recipe, index).plain


def _card(made: Drawn, pinned: bool) -> None:
    st.html(made.html)
    st.checkbox(
        f"Keep number {made.index}", pinned, key=f"synth_pin_{made.index}", on_change=_pin, args=(made.index,)
    )


def _pin(index: int) -> None:
    pins: list[int] = st.session_state[_PINS]
    if index in pins:
        pins.remove(index)
    else:
        pins.append(index)


def _go(start: int) -> None:
    st.session_state[_START] = start


def _told(recipe: Recipe) -> str:
    if recipe.kind == "scenes":
        return "The VIN's line in blue, other rows dashed."
    return "Lines under the strip: where each character is. Orange: a trouble changed it."

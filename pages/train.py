"""The Train desk: corrections become readers; nobody promotes a worse one by accident."""

from __future__ import annotations

import streamlit as st

from core.registry import ModelError
from core.store import Store
from core.store.people import Person
from pages.widgets import desks
from pages.widgets.train import candidate, champions, compare, rounds, sheet, start, supply, watch

WAYS = {"train": "Train", "compare": "Compare runs", "champions": "Champions", "rounds": "Labelling rounds"}


def main() -> None:
    desks.opened("learn", _with_a_way_back)


def _with_a_way_back(store: Store, person: Person) -> None:
    sheet.apply()
    try:
        champions.line(store, person)
    except ModelError as error:
        _not_ready(error)
        champions.way_back(store, person)
        return
    try:
        _desk(store, person)
    except ModelError as error:
        _not_ready(error)


def _not_ready(error: ModelError) -> None:
    st.error("**The networks that read are not ready.**", icon=":material/error:")
    st.text(str(error))
    st.button("Try again", key="retry_models")


def _desk(store: Store, person: Person) -> None:
    way = st.segmented_control(
        "What", list(WAYS), format_func=WAYS.__getitem__, default="train", required=True, key="train_way",
        label_visibility="collapsed",
    )  # fmt: skip
    if way == "compare":
        compare.show(store)
    elif way == "champions":
        champions.history(store)
    elif way == "rounds":
        rounds.show(store, person)
    else:
        left, right = st.columns([2, 3], gap="large")
        with left:
            supply.show(store)
            start.show(store, person)
        with right:
            watch.show(store, person)
            candidate.show(store, person)


main()

"""The Measure desk: what the readers are worth, told from approved labels, with n and an interval."""

from __future__ import annotations

import streamlit as st

from core.store import Store
from core.store.people import Person
from pages.widgets import desks
from pages.widgets.label import start
from pages.widgets.measure import accuracy, certainty, confused, filters, groups, hints, sheet, speed

VIEWS = {
    "accuracy": "Accuracy",
    "groups": "Groups",
    "confusions": "Confusions",
    "certainty": "Certainty",
    "speed": "Speed",
}


def main() -> None:
    desks.opened("measure", _desk)


def _desk(store: Store, person: Person) -> None:
    sheet.apply()
    confused.follow()
    there = filters.gathered(store, person)
    if not there.photos:
        start.show(store)
        return
    view = st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, default="accuracy", required=True,
        key="measure_view", label_visibility="collapsed",
    )  # fmt: skip
    wanted = filters.chosen(store, there)
    if view == "speed":
        speed.show(store, person, wanted)
    elif not len(there.cases):
        hints.nothing_to_measure(there, person)
    elif view == "groups":
        groups.show(there, wanted)
    elif view == "confusions":
        confused.show(there, wanted, person)
    elif view == "certainty":
        certainty.show(there, wanted)
    else:
        accuracy.show(store, there, wanted)


main()

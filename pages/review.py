"""The Review desk: failures first."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.store import Store
from core.store.people import Person
from core.store.photos import counts
from core.store.selection import total
from pages.widgets import desks
from pages.widgets.label import start
from pages.widgets.review import failures, filters, gallery, matrix, people, single, state, warnings
from pages.widgets.review.address import VIEWS, Place


def main() -> None:
    desks.opened("review", _desk)


def _desk(store: Store, person: Person) -> None:
    if not counts(store):
        start.show(store)
        return
    place = state.here()
    filters.show(store, person, place)
    st.session_state["review_view"] = place.view
    st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, key="review_view", required=True,
        label_visibility="collapsed", on_change=_turned,
    )  # fmt: skip
    state.tell()
    if place.view == "photos" and place.photo:
        single.show(store, person, place)
    elif place.view == "photos":
        gallery.show(store, person, place, total(store, person.id, place.selection))
    else:
        _other(store, person, place)


def _other(store: Store, person: Person, place: Place) -> None:
    if place.view == "confusions":
        matrix.show(store, person, place)
    elif place.view == "clusters":
        failures.show(store, person, place)
    elif place.view == "people":
        people.show(store, person)
    else:
        warnings.show(store, person, place)


def _turned() -> None:
    state.go(replace(state.here(), view=st.session_state["review_view"], photo=0, page=0))


main()

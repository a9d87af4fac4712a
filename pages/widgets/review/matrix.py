"""The confusion matrix; each cell opens the photos behind it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.store import Store
from core.store.confusions import matrix
from core.store.people import Person
from core.vin import ALPHABET
from pages.widgets import board
from pages.widgets.review import address, state
from pages.widgets.review.address import Place

LISTED = 12
"""Pairs that are told in words as well."""


def show(store: Store, person: Person, place: Place) -> None:
    """Of the selected photos."""
    # All other cells stay in sight where one of them is a filter.
    selection = replace(place.selection, pair=None)
    found = matrix(store, person.id, selection)
    if not found.cells:
        st.write(
            f"Nothing is mixed up: {found.compared:,} of the selected photos have both a label and a reading."
        )
        return
    share = found.photos / max(1, found.compared)
    st.markdown(
        f"The model mixes up characters on **{found.photos:,}** of {found.compared:,} photos that have a "
        f"label and a reading ({share:.1%}). A number opens its photos."
    )

    def cell(pair: tuple[str, str], count: int) -> list[object]:
        there = address.query(replace(place, selection=replace(selection, pair=pair), view="photos", page=0))
        words = f"{pair[0]} read as {pair[1]}: {count} photos"
        return [*pair, count, there, words]

    letters = {letter for pair in found.cells for letter in pair}
    axis = [letter for letter in ALPHABET if letter in letters]
    board.show(
        {
            "kind": "matrix", "rows": axis, "columns": axis,
            "cells": [cell(pair, count) for pair, count in found.cells.items()],
            "words": "Photos per pair: rows say what the label has, columns what was read.",
        },
        "review_matrix", state.follow,
    )  # fmt: skip
    top = list(found.cells.items())[:LISTED]
    st.caption("Most often: " + ", ".join(f"{one} → {other} {count:,}" for (one, other), count in top))

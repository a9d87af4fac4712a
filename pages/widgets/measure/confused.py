"""The confusion matrix; for reviewers each cell opens its photos on the Review desk."""

from __future__ import annotations

from urllib.parse import parse_qs

import streamlit as st

from core.measure.cases import Gathered, Wanted, counted
from core.measure.confused import confusions
from core.store.people import Person
from core.store.selection import MOST_IDS, Selection
from core.vin import ALPHABET
from pages.widgets import board, signing
from pages.widgets.measure import hints, parts, words
from pages.widgets.review import address
from pages.widgets.review.address import Place

_ASKED = "measure_opens"


def follow() -> None:
    """Go where a cell of the page before led; a page can only be changed outside of its callbacks."""
    query = st.session_state.pop(_ASKED, None)
    if query is None:
        return
    there = address.written(address.from_query(query))
    name = st.query_params.get(signing.PARAMETER)
    st.switch_page("pages/review.py", query_params={**there, **({signing.PARAMETER: name} if name else {})})


def show(there: Gathered, wanted: Wanted, person: Person) -> None:
    """Of the chosen readings."""
    cases = counted(there.cases, wanted)
    if not len(cases):
        hints.nothing_chosen()
        return
    found = confusions(cases)
    silent = f" In {found.silent:,} nothing was read." if found.silent else ""
    if not found.cells:
        hints.none(f"Nothing is mixed up in {found.count:,} photos.{silent}")
        words.defined("photo", "reading", "pair")
        return
    may = person.may("review")
    more = "A number opens its photos on the Review desk." if may else "Reviewers can open the photos."
    st.markdown(
        f"Characters are mixed up on **{found.photos:,}** of {found.count:,} photos "
        f"({found.photos / found.count:.1%}).{silent} {more}"
    )
    letters = {letter for pair in found.cells for letter in pair}
    axis = [letter for letter in ALPHABET if letter in letters]
    board.show(
        {
            "kind": "matrix", "rows": axis, "columns": axis, "page": "review",
            "cells": [
                [*pair, len(ids), link(ids) if may else "", told(pair, len(ids), may)]
                for pair, ids in found.cells.items()
            ],
            "words": "Photos per pair: rows say what the label has, columns what was read.",
        },
        "measure_matrix", _opened,
    )  # fmt: skip
    with st.expander("The figures behind the matrix", key="measure_pairs_data"):
        parts.table(
            [{"label": pair[0], "read": pair[1], "photos": len(ids), "slots": found.slots[pair],
              "of n photos": found.count} for pair, ids in found.cells.items()],
            "measure_pairs",
        )  # fmt: skip
    words.defined("photo", "reading", "pair")


def link(ids: tuple[int, ...]) -> str:
    """A cell's photos as a query of the Review desk.

    They are named one by one, so that exactly they are opened: filters there go by a photo's newest reading,
    which may be another than the one counted here. Of more than can be named those read last are taken.
    """
    return address.query(Place(selection=Selection(ids=ids[-MOST_IDS:])))


def told(pair: tuple[str, str], count: int, may: bool) -> str:
    """A cell in words, and what it opens for who may."""
    said = f"{pair[0]} read as {pair[1]}: {count:,} photos"
    return f"{said}, opens the newest {MOST_IDS}" if may and count > MOST_IDS else said


def _opened(query: str) -> None:
    if parse_qs(query, max_num_fields=2000):
        st.session_state[_ASKED] = query

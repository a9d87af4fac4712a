"""Where the desk is and what it has to say, between one rerun and the next."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.store import Store
from core.store.people import Person
from core.store.selection import keys
from pages.widgets import signing
from pages.widgets.review import address
from pages.widgets.review.address import Place

_SAID, _LIST = "review_said", "review_list"

LISTED = 1000
"""Photos that next and previous go through."""


def here() -> Place:
    """The place that the address names."""
    return address.parse({name: st.query_params.get_all(name) for name in st.query_params})


def go(place: Place) -> None:
    """Move; the address follows, and keeps who is signed in."""
    name = st.query_params.get(signing.PARAMETER)
    st.query_params.from_dict({**address.written(place), **({signing.PARAMETER: name} if name else {})})


def follow(query: str) -> None:
    """Move to where a link leads."""
    go(address.from_query(query))


def say(words: str, bad: bool = False) -> None:
    """To be told on the next page, once."""
    st.session_state[_SAID] = (words, bad)


def tell() -> None:
    """Tell what was left to be told; words of others go in as text."""
    words, bad = st.session_state.pop(_SAID, ("", False))
    if words:
        kind = "vd-note vd-bad" if bad else "vd-note vd-done"
        st.html(f'<div class="{kind}" role="status" data-testid="review-said">{escape(words)}</div>')


def listed(store: Store, person: Person, place: Place) -> list[int]:
    """The photos that next and previous go through: as they were when the list was made.

    A photo that was approved falls out of the filters; its neighbours must not change under the reviewer.
    """
    kept = st.session_state.get(_LIST)
    if kept is None or kept[0] != place.selection or place.photo not in kept[1]:
        kept = (place.selection, keys(store, person.id, place.selection, LISTED))
        st.session_state[_LIST] = kept
    found: list[int] = kept[1]
    return found


def forget_list() -> None:
    """The gallery was looked at: the next list is made anew."""
    st.session_state.pop(_LIST, None)

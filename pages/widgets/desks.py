"""The desks, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from core.store import Store, StoreError
from core.store.people import Person
from pages.widgets import signing, style

_ENTERED = "entered_by_app"


def run() -> None:
    """The navigation, who is signed in, and the desk that the address names: what ``app.py`` is."""
    st.session_state[_ENTERED] = True
    # Hidden from those who may not come in; the desk itself and the store refuse them as well.
    review, train, measure = _visible("review"), _visible("learn"), _visible("measure")
    desk = st.navigation(
        [
            st.Page("pages/read.py", title="Read", default=True),
            st.Page("pages/label.py", title="Label", url_path="label"),
            st.Page("pages/review.py", title="Review", url_path="review", visibility=review),
            st.Page("pages/train.py", title="Train", url_path="train", visibility=train),
            st.Page("pages/synthesize.py", title="Synthesize", url_path="synthesize", visibility=train),
            st.Page("pages/measure.py", title="Measure", url_path="measure", visibility=measure),
        ],
        position="top",
    )
    signing.badge()
    desk.run()


def _visible(right: str) -> Literal["visible", "hidden"]:
    return "visible" if signing.might(right) else "hidden"


def through_app() -> None:
    """Come in by ``app.py``, whatever the address.

    A fresh server whose first visitor asks for a desk by its address runs that file alone, as Streamlit did
    with folders called ``pages`` before there was a navigation. Calling the navigation once ends that.
    """
    if _ENTERED not in st.session_state:
        st.session_state[_ENTERED] = True
        others = ("label", "review", "train", "synthesize", "measure")
        st.navigation(["app.py", *(f"pages/{name}.py" for name in others)], position="hidden")
        st.rerun()


def opened(right: str, desk: Callable[[Store, Person], None]) -> None:
    """A desk for people with a right to it, on the label store, or why the store does not answer."""
    through_app()
    style.apply(wide=True)
    try:
        store = Store.open()
        desk(store, signing.required(store, right))
    except StoreError as error:
        st.error("**The label store does not answer.**", icon=":material/error:")
        st.text(str(error))
        st.button("Try again", key="retry_store")

"""The desks, in the order of the navigation."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from pages.widgets import signing

_ENTERED = "entered_by_app"


def run() -> None:
    """The navigation, who is signed in, and the desk that the address names: what ``app.py`` is."""
    st.session_state[_ENTERED] = True
    # Hidden from those who may not come in; the desk itself and the store refuse them as well.
    review, train = _visible("review"), _visible("learn")
    desk = st.navigation(
        [
            st.Page("pages/read.py", title="Read", default=True),
            st.Page("pages/label.py", title="Label", url_path="label"),
            st.Page("pages/review.py", title="Review", url_path="review", visibility=review),
            st.Page("pages/train.py", title="Train", url_path="train", visibility=train),
            st.Page("pages/synthesize.py", title="Synthesize", url_path="synthesize", visibility=train),
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
        others = ("label", "review", "train", "synthesize")
        st.navigation(["app.py", *(f"pages/{name}.py" for name in others)], position="hidden")
        st.rerun()

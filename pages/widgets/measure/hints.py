"""Where there is nothing to measure: what is missing, and what to do next."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.measure.cases import Gathered
from core.store.people import Person


def nothing_to_measure(there: Gathered, person: Person) -> None:
    """No photo has both an approved label and a reading."""
    if not there.readings:
        _hint("Nothing was read yet", f"{there.photos:,} photos wait for the champion to read them.")
        st.code("python -m core predict FOLDER     # photos of a folder, read by the champion", language=None)
        return
    if there.approved == there.gapped:
        said = f"{there.photos:,} photos, {there.readings:,} readings, and no label that a reviewer approved"
        known = f" and that is known whole ({there.gapped:,} have a ?)" if there.gapped else ""
        _hint("No approved label yet", f"{said}{known}. Readings are measured against approved labels.")
        st.page_link("pages/label.py", label="Label photos", icon=":material/edit:")
        if person.may("review"):
            st.page_link("pages/review.py", label="Approve labels", icon=":material/done_all:")
        return
    _hint(
        "The labelled photos were not read yet",
        f"{there.approved - there.gapped:,} photos have an approved label, none of them a reading.",
    )
    st.code("python -m core predict FOLDER     # the folder of these photos", language=None)


def nothing_chosen() -> None:
    """The filters leave nothing."""
    _hint("No photo is left", "Widen the dates, or choose another champion, kind or choice of photos.")


def none(words: str) -> None:
    """A view has nothing to show."""
    st.html(f'<p data-testid="measure-none">{escape(words)}</p>')


def _hint(head: str, words: str) -> None:
    st.html(
        f'<div class="vd-note" data-testid="measure-hint"><p>{escape(head)}</p>'
        f"<div>{escape(words)}</div></div>"
    )

"""Where there is nothing to label: how work gets in, and sample photos to try the desk with."""

from __future__ import annotations

import hashlib

import streamlit as st

from core.registry import ModelError
from core.store import Store
from core.store.batch import read_waiting, take_in
from core.store.photos import counts, known
from core.store.predictions import count_unread
from pages.widgets.readings import load_reader
from pages.widgets.sources import SAMPLES

ORIGIN = "samples"

HOW = """\
# photos of a folder, read by the champion
python -m core predict FOLDER
# a labels file or a set of another program
python -m core store import SET
"""


STATES = {
    "open": "to be labelled, in other hands or skipped by you",
    "returned": "sent back",
    "second": "waiting for a second labeller",
    "labelled": "waiting for review",
    "disputed": "labelled in two ways",
    "approved": "approved",
    "rejected": "rejected",
}


def needed(store: Store, holding: bool) -> bool:
    """Whether the store has no photo at all."""
    return not holding and not counts(store)


def show(store: Store) -> None:
    """A new store: what to do first."""
    st.subheader("No photos yet")
    st.write("Bring them in from a terminal in the project's folder; this desk shows them at once:")
    st.code(HOW, language=None)
    _samples(store)


def empty(store: Store) -> None:
    """Everything is labelled, or in other hands."""
    found = counts(store)
    told = [f"{found[state]} {words}" for state, words in STATES.items() if state in found]
    st.text(f"In the store: {', '.join(told)}.")
    st.write("What others hold comes back when they leave it. More photos come in like this:")
    st.code(HOW, language=None)
    if st.button("Look again", key="look_again"):
        st.rerun()
    _samples(store)


def _samples(store: Store) -> None:
    paths = sorted(SAMPLES.glob("*.jpg"))
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    if len(known(store, hashes)) == len(paths):
        return
    st.write("Or try the desk with photos drawn by the project:")
    if st.button("Add the sample photos", key="add_samples", type="primary"):
        _add(store, [str(path) for path in paths])
        st.rerun()


def _add(store: Store, paths: list[str]) -> None:
    problems = [step.problem for step in take_in(store, paths, ORIGIN) if step.problem]
    try:
        loaded = load_reader()
        total = max(1, count_unread(store, loaded.reader.models))
        bar = st.progress(0.0, text="Reading the photos")
        for done, _ in enumerate(read_waiting(store, loaded.reader.read, loaded.reader.models), start=1):
            bar.progress(min(1.0, done / total), text=f"Read {done} of {total} photos")
    except ModelError as error:
        # They can be labelled without a reading as well.
        problems.append(str(error))
    for problem in problems:
        st.toast(problem.replace("<", "‹"))

"""A series by the thousand, made in the background and watched."""

from __future__ import annotations

import os

import streamlit as st

from core.jobs import queue
from core.jobs.synthesis import MOST, SeriesOrder, put_series, sheet_of
from core.store import Store, StoreError
from core.store.jobs import jobs
from core.store.people import Person
from core.synth.series import Recipe
from pages.widgets.train import sheet, watch

KIND = "synthesize"


def show(store: Store, person: Person, recipe: Recipe) -> None:
    """The form, the jobs, and what the last one made."""
    sheet.apply()  # the cards of jobs are the Train desk's
    left, right = st.columns([2, 3], gap="large")
    with left:
        _form(store, person, recipe)
    with right:
        watch.show(store, person, KIND)
    _last(store)


def _form(store: Store, person: Person, recipe: Recipe) -> None:
    st.subheader("Make a series")
    st.caption("Of the settings on the left. The same seed and settings give the same bytes.")
    with st.form("series_form", border=True):
        count = st.number_input(f"How many {recipe.kind}", 1, MOST, 10_000, 1000, key="series_count")
        shards = st.number_input(
            "Pictures per tar shard", 0, 1_000_000, 1000, 100, key="series_shards",
            help="WebDataset shards for training loops that stream. 0 gives loose files with labels.csv.",
        )  # fmt: skip
        workers = st.number_input(
            "Processes that draw", 0, os.cpu_count() or 1, 1, key="series_workers",
            help="The pictures are the same, however many draw.",
        )  # fmt: skip
        if st.form_submit_button("Start", key="start_series", type="primary", icon=":material/play_arrow:"):
            try:
                job = put_series(store, person.id, SeriesOrder(recipe, int(count), int(shards), int(workers)))
                queue.advance(store)
            except StoreError as error:
                st.text(f"That did not work: {error}")
            else:
                st.toast(f"Job {job.id} is queued")


def _last(store: Store) -> None:
    """The contact sheet of the newest series that is done."""
    done = [job for job in jobs(store, 50, ("done",)) if job.kind.startswith(KIND)]
    picture = sheet_of(done[0]) if done else b""
    if picture:
        st.subheader(f"The first of series {done[0].id}")
        st.image(picture, alt=f"The first pictures of series {done[0].id}")

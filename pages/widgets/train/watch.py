"""The queue, live: states with their reasons, curves as they grow, pause, cancel, resume."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.jobs import queue
from core.jobs.finetune import curves
from core.store import Store, StoreError
from core.store.jobs import RESUMABLE, Job, ask, jobs
from core.store.people import Person
from pages.widgets.train.curves import chart, series

SHOWN = 6
LATE = 8.0
"""Seconds without a sign of life from which on that is said."""

_SEEN = "train_seen_states"


@st.fragment(run_every="2s")
def show(store: Store, person: Person, only: str = "") -> None:
    """Look every two seconds; whoever looks also moves the queue on.

    ``only`` shows the jobs whose kind begins with it.
    """
    st.subheader("Jobs")
    try:
        queue.advance(store)
        found = [job for job in jobs(store, 50) if job.kind.startswith(only)]
    except StoreError as error:
        st.text(str(error))
        return
    if not found:
        st.caption("Nothing has been started yet.")
    going = [job for job in found if job.state in ("running", "waiting", "paused")]
    ended = [job for job in found if job not in going]
    for job in reversed(going):
        _card(store, person, job)
    for job in ended[: max(1, SHOWN - len(going))]:
        _card(store, person, job)
    # What stands beside (candidates, champions, counts) changes only when some job does.
    states = [(job.id, job.state) for job in found]
    if st.session_state.get(_SEEN, states) != states:
        st.session_state[_SEEN] = states
        st.rerun()
    st.session_state[_SEEN] = states


def _card(store: Store, person: Person, job: Job) -> None:
    with st.container(key=f"job_{job.id}", border=True, gap="small"):
        told, buttons = st.columns([3, 2], vertical_alignment="center")
        told.html(_told(store, job))
        with buttons.container(horizontal=True, horizontal_alignment="right", gap="small"):
            for wish, icon, states in _BUTTONS:
                # Whoever waits for a pause in vain may still cancel.
                asked = job.state == "running" and job.wish and (job.wish, wish) != ("pause", "cancel")
                if job.state in states and not asked:
                    st.button(
                        wish.capitalize(), key=f"{wish}_{job.id}", icon=icon, on_click=_ask,
                        args=(store, job.id, person, wish),
                    )  # fmt: skip
        if job.state in ("running", "paused", "dead"):
            st.progress(job.progress)
        if job.state == "running" and job.kind.startswith("train"):
            st.html(live(job))
        if job.state in ("failed", "dead"):
            with st.expander("Log"):
                st.code(_log(job), language=None, wrap_lines=True)


_BUTTONS = (
    ("pause", ":material/pause:", ("running", "waiting")),
    ("cancel", ":material/stop:", ("running", "waiting", "paused")),
    ("resume", ":material/play_arrow:", RESUMABLE),
)


def live(job: Job) -> str:
    """A run's curves so far."""
    reports = curves(job)
    drawn = chart("loss", {"loss": series(reports, "loss")})
    drawn += chart("val, read exactly", {"val": series(reports, "val_exact")}, share=True)
    return f'<div class="vd-curves">{drawn}</div>' if drawn else '<p class="vd-hint">First steps …</p>'


def _told(store: Store, job: Job) -> str:
    silent = queue.silence(store, job)
    line = job.told if job.state == "running" else job.reason
    if job.state == "running" and job.reason:
        line = f"{job.reason}; {line}"
    if silent > LATE:
        line = f"no sign of life for {silent:.0f} s; {line}"
    gate = f" of job {job.parent}" if job.kind == "gate" and job.parent else ""
    return (
        f'<div class="vd-job" data-testid="job-{job.id}" data-state="{job.state}"><b>{job.id}</b>'
        f"<span>{escape(job.kind + gate)}</span>"
        f'<span class="vd-state vd-{job.state}">{WORDS.get(job.state, job.state)}</span>'
        f'<span class="vd-told">{escape(line)}</span></div>'
    )


WORDS = {"dead": "died", "stopped": "stopped", "waiting": "waits its turn"}


def _ask(store: Store, key: int, person: Person, wish: str) -> None:
    try:
        ask(store, key, person.id, wish)
        queue.advance(store)
    except StoreError as error:
        st.toast(str(error).replace("<", "‹"))


def _log(job: Job) -> str:
    try:
        with open(job.log, "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 6000))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return "nothing was printed"

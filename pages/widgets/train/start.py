"""Starting a run: a snapshot, a network, a length."""

from __future__ import annotations

import os
import time

import streamlit as st

from core.jobs import queue
from core.jobs.finetune import LENGTHS, RATES, FineTune, put_finetune
from core.jobs.process import default_threads
from core.store import Store, StoreError
from core.store.people import Person
from core.store.snapshots import Snapshot, freeze, snapshots

NETWORKS = {"ctc": "CTC reader", "yolo": "YOLO reader", "craft": "Detector (CRAFT)"}
TOLD = {"quick": "Quick, 5 min", "standard": "Standard, 40 min", "overnight": "Overnight, 8 h"}


def show(store: Store, person: Person) -> None:
    """The snapshots, and the form."""
    st.subheader("Start a run")
    _freeze(store, person)
    found = snapshots(store)
    if not found:
        st.caption("A run learns from a snapshot: freeze the approved labels of now first.")
        return
    with st.form("start_form", border=True):
        snapshot = st.selectbox("Snapshot", found, format_func=told, key="start_snapshot")
        network = st.segmented_control(
            "Network", list(NETWORKS), format_func=NETWORKS.__getitem__, default="ctc", required=True,
            key="start_network",
        )  # fmt: skip
        length = st.segmented_control(
            "Length", list(LENGTHS), format_func=TOLD.__getitem__, default="quick", required=True,
            key="start_length",
        )  # fmt: skip
        wanted, threads = _more(str(network), str(length))
        if st.form_submit_button("Start", key="start_run", type="primary", icon=":material/play_arrow:"):
            _start(store, person, wanted, snapshot, threads)


def told(snapshot: Snapshot) -> str:
    """A snapshot as one line."""
    counts = ", ".join(f"{snapshot.counts.get(side, 0)} {side}" for side in ("train", "val", "gold"))
    return f"{snapshot.name} ({counts}), {time.strftime('%d %b %H:%M', time.localtime(snapshot.at))}"


def _more(network: str, length: str) -> tuple[FineTune, int]:
    with st.expander("Shares and settings"):
        synthetic = st.slider(
            "Synthetic pictures in a batch, %", 0, 90, 40, 5, key="start_synthetic",
            help="They keep rare characters and makers in mind.",
        )  # fmt: skip
        replay = st.slider(
            "Of the real ones: known before, %", 0, 90, 50, 5, key="start_replay",
            help="Against forgetting. It counts where there are both new and known photos.",
        )  # fmt: skip
        rounds = st.checkbox("Learn from accepted rounds", True, key="start_rounds")
        confused = st.checkbox("Draw VINs from what readers mix up", True, key="start_confused")
        left, right = st.columns(2)
        threads = left.number_input(
            "CPU threads", 1, os.cpu_count() or 1, default_threads(), key="start_threads"
        )
        steps = right.number_input("Steps (0: by the clock)", 0, 1_000_000, 0, key="start_steps")
        batch = left.number_input("Examples per step", 1, 256, 32, key="start_batch")
        workers = right.number_input(
            "Processes that draw examples", 0, os.cpu_count() or 1, 1, key="start_workers"
        )
        seed = right.number_input("Seed", 0, 2**31, 1, key="start_seed")
        rate = left.number_input(
            "Learning rate (0: usual)", 0.0, 0.1, 0.0, format="%.6f", key="start_rate",
            help=f"Usual is {RATES[network]:g}.",
        )  # fmt: skip
    wanted = FineTune(
        network, length, real=1 - synthetic / 100, replay=replay / 100, rounds=rounds, confused=confused,
        rate=float(rate), batch=int(batch), steps=int(steps), seed=int(seed),
        workers=int(workers),
    )  # fmt: skip
    return wanted, int(threads)


def _start(store: Store, person: Person, wanted: FineTune, snapshot: Snapshot, threads: int) -> None:
    try:
        job = put_finetune(store, person.id, wanted, snapshot, threads)
        queue.advance(store)
    except StoreError as error:
        st.text(f"That did not work: {error}")
        return
    st.toast(f"Job {job.id} is queued")


def _freeze(store: Store, person: Person) -> None:
    with st.popover("Freeze the labels of now", icon=":material/ac_unit:"):
        usual = time.strftime("%Y-%m-%d %H:%M")
        name = st.text_input("Name of the snapshot", usual, key="snapshot_name", max_chars=80)
        if st.button("Freeze", key="freeze"):
            try:
                made = freeze(store, person.id, name)
            except StoreError as error:
                st.text(f"That did not work: {error}")
            else:
                st.toast(f"Frozen: {made.hash[:12]}")
                st.rerun()

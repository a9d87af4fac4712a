"""A candidate before the gate: what it gained and lost, and the button that makes it the champion."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from core.jobs import queue
from core.jobs.gating import newest_gate, put_gate, result
from core.jobs.promotion import promotable, promote
from core.learn.gate import comparisons
from core.registry import ModelError
from core.store import Store, StoreError
from core.store.jobs import Job, jobs
from core.store.people import Person
from pages.widgets.train.changes import picture

PICTURES = 12
"""Changed readings that are shown at once."""

OUTCOMES = {"pass": "passed", "refuse": "refused", "unsure": "not enough evidence"}


def show(store: Store, person: Person) -> None:
    """The newest candidate, or the one that is picked."""
    found = [job for job in jobs(store, 200, ("done",)) if job.kind.startswith("train ")]
    if not found:
        return
    st.subheader("Candidate")
    picked: Job = st.selectbox(
        "Candidate", found, format_func=told, key="candidate", label_visibility="collapsed"
    )
    gated = newest_gate(store, picked.id)
    found_by_gate = result(gated) if gated is not None and gated.state == "done" else None
    if found_by_gate is not None:
        _verdict(found_by_gate)
    why = promotable(store, picked)
    told_already = found_by_gate is not None and why == found_by_gate["verdict"]["reasons"][0]
    if why and not told_already:
        st.text(why)
    with st.container(horizontal=True):
        busy = gated is not None and gated.state in ("waiting", "running")
        if st.button(
            "Make it the champion",
            key="promote",
            type="primary",
            disabled=bool(why),
            icon=":material/trophy:",
        ):
            _promote(store, person, picked)
        if st.button("Ask the gate", key="ask_gate", disabled=busy, icon=":material/balance:"):
            try:
                put_gate(store, person.id, picked.id, picked.threads)
                queue.advance(store)
                st.rerun()
            except StoreError as error:
                st.text(f"That did not work: {error}")
    if found_by_gate is not None:
        _figures(found_by_gate)
        _changed(store, found_by_gate)


def told(job: Job) -> str:
    """A training job as one line."""
    figures = job.metrics
    learnt = figures.get("material", {})
    photos = sum(learnt.get(name, 0) for name in ("new", "replay", "round"))
    exact = f", val {figures['val_exact']:.1%}" if "val_exact" in figures else ""
    length = job.config.get("length", "")
    mark = f" {figures['candidate']}" if "candidate" in figures else ""
    return f"Job {job.id}: {job.kind[6:]}{mark}, {length}, {photos} photos{exact}"


def _promote(store: Store, person: Person, picked: Job) -> None:
    try:
        made = promote(store, person.id, picked.id)
    except (StoreError, ModelError) as error:
        st.text(f"Nothing was changed: {error}")
        return
    st.toast(f"{made.name} serves now", icon=":material/trophy:")
    st.rerun()


def _verdict(found: dict[str, Any]) -> None:
    verdict = found["verdict"]
    reasons = "".join(f"<p>{escape(reason[:1].upper() + reason[1:])}.</p>" for reason in verdict["reasons"])
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in verdict["remarks"])
    outcome = verdict["outcome"]
    st.html(
        f'<div class="vd-gate"><span class="vd-state vd-{outcome}" data-testid="gate-outcome">'
        f"{OUTCOMES[outcome]}</span>{reasons}</div>"
        + (f'<ul class="vd-list">{remarks}</ul>' if remarks else "")
    )


def _figures(found: dict[str, Any]) -> None:
    verdict = found["verdict"]
    rows = [_row(one) for one in comparisons(verdict)]
    st.dataframe(rows, hide_index=True, column_config=_COLUMNS, key="gate_table")
    if verdict["champion"] and verdict["candidate"]:
        st.html(_sides(verdict["champion"], verdict["candidate"]))
    if found["left_out"]:
        st.caption(
            f"{found['left_out']} gold photos were left out: a ? in the text, or their car has trained."
        )


_COLUMNS = {
    "Champion": st.column_config.NumberColumn(format="percent"),
    "Candidate": st.column_config.NumberColumn(format="percent"),
}


def _row(one: dict[str, Any]) -> dict[str, Any]:
    count = one["count"] or 1
    return {
        "Gold photos": one["name"],
        "n": one["count"],
        "Champion": one["champion"] / count,
        "Candidate": one["candidate"] / count,
        "Gained": one["gained"],
        "Lost": one["lost"],
    }


def _sides(old: dict[str, Any], new: dict[str, Any]) -> str:
    rows = (
        ("CER", "cer", "{:.2%}"), ("Accepted", "accepted", "{:.1%}"),
        ("Right if accepted", "precision", "{:.1%}"),
        ("Brier score", "brier", "{:.3f}"), ("Calibration error", "calibration", "{:.3f}"),
        ("Milliseconds, median", "median", "{:.0f}"), ("Milliseconds, 95 %", "slow", "{:.0f}"),
    )  # fmt: skip
    lines = "".join(
        f"<tr><th>{name}</th>"
        + "".join(
            f"<td>{form.format(side[key]) if side[key] is not None else '–'}</td>" for side in (old, new)
        )
        + "</tr>"
        for name, key, form in rows
    )
    return f'<table class="vd-times"><tr><th></th><td>champion</td><td>candidate</td></tr>{lines}</table>'


def _changed(store: Store, found: dict[str, Any]) -> None:
    changed = found["changed"]
    with st.expander(f"Changed readings ({len(changed)})", expanded=0 < len(changed) <= 4):
        if not changed:
            st.caption("Champion and candidate read every gold photo alike.")
        for left in range(0, min(len(changed), PICTURES), 2):
            for column, one in zip(st.columns(2), changed[left : left + 2], strict=False):
                column.html(picture(store, one))
        if len(changed) > PICTURES:
            st.caption(f"{PICTURES} of {len(changed)} are shown, losses first.")

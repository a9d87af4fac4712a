"""Runs beside each other: curves and a table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.jobs.finetune import curves
from core.jobs.gating import newest_gate
from core.store import Store
from core.store.jobs import Job, jobs
from pages.widgets.train.candidate import OUTCOMES, told
from pages.widgets.train.curves import chart, keys, series

MOST = 6


def show(store: Store) -> None:
    """Pick runs, see their curves and figures."""
    found = [job for job in jobs(store, 200) if job.kind.startswith("train ") and job.state != "waiting"]
    if not found:
        st.caption("No run has begun yet.")
        return
    picked: list[Job] = st.multiselect(
        "Runs", found, default=found[:3], format_func=told, max_selections=MOST, key="compare_runs"
    )
    if not picked:
        return
    names = [f"job {job.id}, {job.kind[6:]}" for job in picked]
    reports = {name: curves(job) for name, job in zip(names, picked, strict=True)}
    drawn = "".join(
        chart(title, {name: series(lines, figure) for name, lines in reports.items()}, share=share)
        for title, figure, share in (
            ("loss", "loss", False),
            ("val, read exactly", "val_exact", True),
            ("val, CER", "val_cer", True),
            ("val, line found", "val_found", True),
        )
    )
    st.html(f'{keys(names)}<div class="vd-curves">{drawn}</div>')
    st.dataframe([_row(store, job) for job in picked], hide_index=True, column_config=_COLUMNS)


_COLUMNS = {
    "Val exact": st.column_config.NumberColumn(format="percent"),
    "Gold, champion": st.column_config.NumberColumn(format="percent"),
    "Gold, candidate": st.column_config.NumberColumn(format="percent"),
}


def _row(store: Store, job: Job) -> dict[str, Any]:
    material = job.metrics.get("material", {})
    reports = curves(job)
    gated = newest_gate(store, job.id)
    gold = gated.metrics if gated is not None else {}
    count = gold.get("gold") or 0
    return {
        "Job": job.id,
        "Network": job.kind[6:],
        "State": job.state,
        "Length": job.config.get("length", ""),
        "New": material.get("new", 0),
        "Replay": material.get("replay", 0),
        "Rounds": material.get("round", 0),
        "Minutes": round(max((report["minutes"] for report in reports), default=0.0), 1),
        "Val exact": job.metrics.get("val_exact"),
        "Gold photos": count or None,
        "Gold, champion": gold["gold_champion"] / count if count else None,
        "Gold, candidate": gold["gold_candidate"] / count if count else None,
        "Gate": OUTCOMES.get(gold.get("outcome", ""), "not asked"),
        "Candidate": job.metrics.get("candidate", ""),
    }

"""Exact match and CER: in all, over time, champion by champion."""

from __future__ import annotations

import datetime
from typing import Any

import streamlit as st

from core.measure.cases import Gathered, Wanted, by_champion, counted
from core.measure.figures import FEW, figure, over_time, step_of
from core.store import Store
from pages.widgets.measure import charts, filters, hints, parts, words


def show(store: Store, there: Gathered, wanted: Wanted) -> None:
    """Of the chosen readings."""
    cases = counted(there.cases, wanted)
    if not len(cases):
        hints.nothing_chosen()
        return
    _tiles(there, wanted)
    names = filters.champion_names(store)
    parts_ = by_champion(there.cases, wanted)
    step = step_of(cases)
    rows: list[dict[str, Any]] = [
        {"begin": f"{one.begin.isoformat()}T00:00:00", "champion": filters.name_of(key, names),
         "share": one.figure.share, "low": one.figure.interval[0], "high": one.figure.interval[1],
         "cer": one.figure.cer, "n": one.figure.count, "few": one.figure.few}
        for key, part in parts_.items() for one in over_time(part, step)
    ]  # fmt: skip
    first = float(there.cases.at.min()) if wanted.since is None else wanted.since
    last = float(there.cases.at.max()) + filters.DAY if wanted.until is None else wanted.until
    changes = filters.promotions(store)
    marks = [
        {"begin": datetime.datetime.fromtimestamp(float(one["at"])).isoformat(timespec="seconds"),
         "what": one["what"]}
        for one in changes if first <= float(one["at"]) <= last
    ]  # fmt: skip
    st.subheader(f"Exact match by {step}")
    parts.plot(
        charts.over_time(rows, marks, [filters.name_of(key, names) for key in parts_]),
        f"Exact match by {step} for {len(parts_)} champions, with 95 % intervals",
        "measure_over_time",
    )
    with st.expander("The figures behind the plot", key="measure_over_time_data"):
        parts.table(
            [{"from": row["begin"][:10], "champion": row["champion"], "n": row["n"],
              **{f"{name} %": round(100 * row[at], 2) for name, at in
                 (("exact match", "share"), ("low", "low"), ("high", "high"), ("CER", "cer"))},
              "few": "few" if row["few"] else ""} for row in rows],
            "measure_over_time",
        )  # fmt: skip
    st.subheader("By champion")
    told = []
    for key, part in parts_.items():
        gold = figure(part.where(part.gold))
        told.append({
            **words.row(figure(part), "champion"), "champion": filters.name_of(key, names),
            "gold n": gold.count, "gold exact match %": None if gold.share is None else
            round(100 * gold.share, 2), "may know it": int(part.taught.sum()), "networks": key,
        })  # fmt: skip
    parts.table(told, "measure_champions")
    words.defined(
        "photo", "reading", "exact", "cer", "interval", "accepted", "gold", "taught", "time"
    )  # fmt: skip


def _tiles(there: Gathered, wanted: Wanted) -> None:
    cases = counted(there.cases, wanted)
    one, gold = figure(cases), figure(cases.where(cases.gold))
    fresh = figure(cases.where(~cases.taught))
    right = one.accepted - one.slipped
    beneath = words.share(right, one.accepted, figure(cases.where(cases.accepted)).interval)
    entries = [
        ("Exact match", *words.share(one.right, one.count, one.interval), one.few),
        ("CER", words.percent(one.cer), f"mean of {one.count:,} photos", one.few),
        (
            "Accepted",
            words.percent(one.accepted / one.count, 1),
            f"{one.accepted:,} of {one.count:,}",
            one.few,
        ),
        ("Right if accepted", *beneath, one.accepted < FEW),
        ("Exact match on gold", *words.share(gold.right, gold.count, gold.interval), gold.few),
        ("Exact match, not taught", *words.share(fresh.right, fresh.count, fresh.interval), fresh.few),
    ]
    words.tiles(entries, "measure-tiles")
    left = []
    if there.gapped:
        left.append(f"{there.gapped:,} with a ? in the label")
    if there.unread > 0:
        left.append(f"{there.unread:,} that nothing has read")
    if left:
        st.caption(f"Approved photos that do not count: {' and '.join(left)}.")

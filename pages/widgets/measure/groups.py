"""Exact match and CER by kind, maker, model year and trouble."""

from __future__ import annotations

import streamlit as st

from core.measure.cases import Gathered, Wanted, counted
from core.measure.figures import GROUPS, groups
from pages.widgets.measure import charts, hints, parts, words

DRAWN = 30
"""Groups in the plot; the table has them all."""


def show(there: Gathered, wanted: Wanted) -> None:
    """Of the chosen readings."""
    cases = counted(there.cases, wanted)
    if not len(cases):
        hints.nothing_chosen()
        return
    by = st.segmented_control(
        "By", list(GROUPS), format_func=GROUPS.__getitem__, default="kind", required=True, key="measure_by",
        label_visibility="collapsed",
    )  # fmt: skip
    found = groups(cases, by or "kind")
    # Years are told in their order, the others with most photos first.
    drawn = found[-DRAWN:] if by == "year" else found[:DRAWN]
    rows = [
        {"name": one.name, "share": one.share, "low": one.interval[0], "high": one.interval[1],
         "cer": one.cer, "n": one.count, "told": f"n = {one.count:,}", "few": one.few}
        for one in drawn
    ]  # fmt: skip
    what = GROUPS[by or "kind"]
    left, right = st.columns([3, 2], gap="large")
    with left:
        parts.plot(
            charts.grouped(rows, [one.name for one in drawn]),
            f"Exact match by {what.lower()} of {len(cases):,} photos, with 95 % intervals",
            "measure_groups",
        )
        if len(found) > len(drawn):
            st.caption(f"{len(drawn)} of {len(found)} groups are drawn; the table has them all.")
    with right:
        parts.table([words.row(one, what.lower()) for one in found], f"measure_by_{by}", height=640)
    words.defined("photo", "reading", "exact", "cer", "interval", "year")

"""Whether the probability holds, and what accepting by it gives."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from core.measure.cases import Cases, Gathered, Wanted, counted
from core.measure.certainty import Calibration, Operation, as_served, calibration, operation, risk_coverage
from core.measure.figures import FEW
from pages.widgets.measure import charts, hints, parts, words

THRESHOLDS = (
    *(50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 88.0, 90.0, 92.0, 93.0, 94.0, 95.0, 96.0, 97.0, 97.5),
    *(98.0, 98.5, 99.0, 99.2, 99.4, 99.5, 99.6, 99.7, 99.8, 99.9, 99.95, 99.99),
)
"""Probabilities that the slider offers, per cent: closer where they matter."""


def show(there: Gathered, wanted: Wanted) -> None:
    """Of the chosen readings."""
    cases = counted(there.cases, wanted)
    if not len(cases):
        hints.nothing_chosen()
        return
    one = calibration(cases)
    if not one.count:
        hints.none(f"None of the {len(cases):,} photos has a VIN read: there is no probability to judge.")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _accepting(cases)
    with right:
        _reliability(one)
    words.defined("photo", "reading", "exact", "risk", "brier", "bins", "interval")


@st.fragment
def _accepting(cases: Cases) -> None:
    st.subheader("Accept without looking")
    percent = st.select_slider(
        "Accept from a probability of", THRESHOLDS, 99.5, format_func=lambda one: f"{one:g} %",
        key="measure_accept",
    )  # fmt: skip
    at, served = operation(cases, threshold(percent)), as_served(cases)
    st.html(f'<p class="vd-says" data-testid="measure-says">{told(at, f"Accept at {percent:g} %")}</p>')
    curve = [_point(each) for each in risk_coverage(cases)]
    points = [
        {**_point(each), "what": what}
        for each, what in ((at, f"at {percent:g} %"), (served, "as the status said"))
        if each.accepted
    ]
    parts.plot(
        charts.risk_coverage(curve, points),
        f"Wrong readings per 1,000 against the share accepted, of {len(cases):,} photos",
        "measure_risk",
    )
    if served.accepted:
        st.html(f'<p class="vd-hint">{told(served, "As the status of the readings said")}</p>')
    with st.expander("The figures behind the curve", key="measure_risk_data"):
        parts.table([_row(operation(cases, threshold(each))) for each in THRESHOLDS], "measure_risk")
        st.caption("The curve itself has a point per probability that occurs:")
        st.download_button(
            "CSV of the curve", parts.as_csv(curve), file_name="measure_curve.csv", mime="text/csv",
            key="measure_curve_csv", on_click="ignore", icon=":material/download:", type="tertiary",
        )  # fmt: skip


def _reliability(one: Calibration) -> None:
    st.subheader("Does the probability hold?")
    few = one.count < FEW
    words.tiles(
        [
            ("Brier", _number(one.brier), f"n = {one.count:,}", few),
            ("NLL", _number(one.nll), f"n = {one.count:,}", few),
            ("Gap", words.percent(one.gap, 1), "said to true, mean", few),
        ],
        "measure-scores",
    )
    rows = [
        {"said": each.said, "share": each.share, "low": each.interval[0], "high": each.interval[1],
         "n": each.count, "few": each.count < FEW}
        for each in one.bins
    ]  # fmt: skip
    parts.plot(
        charts.reliability(rows),
        f"Share of exactly right readings against their probability, of {one.count:,} readings",
        "measure_reliability",
    )
    with st.expander("The figures behind the diagram", key="measure_reliability_data"):
        parts.table(
            [{"said %": round(100 * row["said"], 2), "right %": round(100 * row["share"], 2),
              "low %": round(100 * row["low"], 2), "high %": round(100 * row["high"], 2), "n": row["n"],
              "few": "few" if row["few"] else ""} for row in rows],
            "measure_reliability",
        )  # fmt: skip


def threshold(percent: float) -> float:
    """A stop of the slider as a probability; 99.9 / 100 itself lies a little above 0.999."""
    return round(percent / 100, 6)


def told(at: Operation, what: str) -> str:
    """An operation in one sentence, as HTML."""
    head = f"{escape(what)}: <b>{words.percent(at.coverage, 1)} automatic</b>"
    if at.risk is None:
        return f"{head}, nothing to judge. <small>n = {at.count:,}</small>"
    low, high = at.interval
    return (
        f"{head}, <b>{1000 * at.risk:.1f} wrong per 1,000</b> <small>(95 %: {1000 * low:.1f} to "
        f"{1000 * high:.1f}; {at.wrong:,} of {at.accepted:,}), n = {at.count:,}</small>"
    )


def _point(at: Operation) -> dict[str, Any]:
    low, high = at.interval
    return {
        "threshold": at.threshold, "coverage": at.coverage, "risk": 1000 * (at.risk or 0.0),
        "low": 1000 * low, "high": 1000 * high, "accepted": at.accepted, "wrong": at.wrong, "n": at.count,
    }  # fmt: skip


def _row(at: Operation) -> Mapping[str, Any]:
    low, high = at.interval
    some = at.risk is not None
    return {
        "from probability %": round(100 * at.threshold, 2),
        "automatic %": round(100 * (at.coverage or 0.0), 2),
        "accepted": at.accepted,
        "wrong": at.wrong,
        "wrong per 1,000": round(1000 * at.risk, 2) if at.risk is not None else None,
        "low per 1,000": round(1000 * low, 2) if some else None,
        "high per 1,000": round(1000 * high, 2) if some else None,
        "n": at.count,
    }


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"

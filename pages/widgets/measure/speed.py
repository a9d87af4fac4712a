"""How long reading takes, stage by stage, and how long people take for a VIN."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.measure.cases import Wanted
from core.measure.figures import FEW
from core.measure.pace import latencies, paces, paces_over_time
from core.store import Store
from core.store.measured import HELP, Range, label_times, stage_times
from core.store.people import Person
from pages.widgets.measure import charts, hints, parts, words


def show(store: Store, person: Person, wanted: Wanted) -> None:
    """Of the chosen champion, kind and dates."""
    range_ = Range(wanted.since, wanted.until, wanted.champion, wanted.kind)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Reading, by stage")
        _stages(store, person, range_)
    with right:
        st.subheader("Labelling, by help")
        _labels(store, person, range_)
    if wanted.photos != "all":
        st.caption("Times do not depend on the choice of photos: they are of all of them.")
    words.defined("stages", "pace")


def _stages(store: Store, person: Person, range_: Range) -> None:
    found = latencies(stage_times(store, person.id, range_))
    if not found:
        _nothing(
            range_, "No reading with times yet: python -m core predict FOLDER reads photos and keeps them."
        )
        return
    rows = [
        {"stage": one.stage, "median": one.median, "slow": one.slow, "n": one.count, "few": one.count < FEW}
        for one in found
    ]
    total = next((one for one in found if one.stage == "total"), found[-1])
    words.tiles(
        [
            (f"{total.stage.capitalize()}, median", f"{total.median:,.0f} ms", f"n = {total.count:,}",
             total.count < FEW),
            (f"{total.stage.capitalize()}, 95 %", f"{total.slow:,.0f} ms", f"n = {total.count:,}",
             total.count < FEW),
        ],
        "measure-latency",
    )  # fmt: skip
    parts.plot(
        charts.stages(rows, [one.stage for one in found]),
        f"Milliseconds by stage, median and 95 %, of {total.count:,} readings",
        "measure_stages",
    )
    parts.table(
        [{"stage": one.stage, "median ms": round(one.median, 1), "95 % ms": round(one.slow, 1),
          "n": one.count, "few": "few" if one.count < FEW else ""} for one in found],
        "measure_stages",
    )  # fmt: skip


def _labels(store: Store, person: Person, range_: Range) -> None:
    labels = label_times(store, person.id, range_)
    if not labels:
        _nothing(range_, "No timed label: labels that people make on the Label desk bring their times.")
        return
    found = paces(labels)
    words.tiles(
        [(HELP[one.help].capitalize(), f"{one.median:.1f} s", f"95 %: {one.slow:.1f} s, n = {one.count:,}",
          one.count < FEW) for one in found],
        "measure-pace",
    )  # fmt: skip
    step, told = paces_over_time(labels)
    rows: list[dict[str, Any]] = [
        {"begin": f"{one.begin.isoformat()}T00:00:00", "help": HELP[one.help], "median": one.median,
         "slow": one.slow, "n": one.count, "few": one.count < FEW}
        for one in told if one.begin
    ]  # fmt: skip
    parts.plot(
        charts.pace(rows, [HELP[one.help] for one in found]),
        f"Seconds per VIN by {step} and by what the labeller had, of {len(labels):,} labels",
        "measure_pace",
    )
    parts.table(
        [{"from": row["begin"][:10], "labeller had": row["help"], "median s": round(row["median"], 1),
          "95 % s": round(row["slow"], 1), "n": row["n"],
          "few": "few" if row["few"] else ""} for row in rows],
        "measure_pace",
    )  # fmt: skip


def _nothing(range_: Range, words: str) -> None:
    """The filters leave nothing; without any there is nothing at all, and the words say how it comes."""
    if range_ == Range():
        hints.none(words)
    else:
        hints.nothing_chosen()

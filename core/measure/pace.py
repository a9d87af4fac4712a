"""How long reading takes, stage by stage, and how long people take for a label."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.measure.figures import STEPS, beginnings
from core.store.measured import HELP, LabelTime

STAGES = ("decode", "screen", "detect", "rectify", "recognize", "choose", "inspect", "verdict")
"""In the order of the way; stages of another name come after them, ``total`` last."""


@dataclass(frozen=True)
class Latency:
    """Times of one stage.

    Attributes:
        stage: name.
        count: readings that tell it.
        median: milliseconds; half of the readings are faster.
        slow: milliseconds, 95th percentile.
    """

    stage: str
    count: int
    median: float
    slow: float


@dataclass(frozen=True)
class Pace:
    """Labels of one kind of help in one span of time.

    Attributes:
        help: key of ``HELP``.
        begin: first day of the span; None where it is all of them.
        count: labels.
        median: seconds per VIN.
        slow: seconds, 95th percentile.
    """

    help: str
    begin: datetime.date | None
    count: int
    median: float
    slow: float


def latencies(times: Sequence[Mapping[str, float]]) -> list[Latency]:
    """Per stage, over readings that tell it."""
    found: dict[str, list[float]] = {}
    for one in times:
        for stage, spent in one.items():
            found.setdefault(stage, []).append(spent)
    return [
        Latency(stage, len(spent), float(np.median(spent)), float(np.percentile(spent, 95)))
        for stage, spent in sorted(found.items(), key=lambda entry: _place(entry[0]))
    ]


def paces(labels: Sequence[LabelTime]) -> list[Pace]:
    """Per kind of help, over all labels; in the order of ``HELP``."""
    return [
        _pace(way, None, spent) for way in HELP if (spent := [x.seconds for x in labels if x.help == way])
    ]


def paces_over_time(labels: Sequence[LabelTime]) -> tuple[str, list[Pace]]:
    """The step that fits their span (key of ``STEPS``), and per step and kind of help its pace."""
    moments = np.array([label.at for label in labels], np.float64)
    days = float(np.ptp(moments)) / 86_400 if len(moments) else 0.0
    step = next(name for name, most in STEPS.items() if days <= most)
    found: dict[tuple[int, str], list[float]] = {}
    for begin, label in zip(beginnings(moments, step).tolist(), labels, strict=True):
        found.setdefault((begin, label.help), []).append(label.seconds)
    return step, [
        _pace(way, datetime.date.fromordinal(begin), spent) for (begin, way), spent in sorted(found.items())
    ]


def _pace(way: str, begin: datetime.date | None, spent: list[float]) -> Pace:
    return Pace(way, begin, len(spent), float(np.median(spent)), float(np.percentile(spent, 95)))


def _place(stage: str) -> tuple[int, str]:
    if stage == "total":
        return len(STAGES) + 1, ""
    return (STAGES.index(stage) if stage in STAGES else len(STAGES)), stage

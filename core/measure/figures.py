"""Exact match and CER: of all cases, by groups of them, and over time."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass

import numpy as np

from core.interval import wilson
from core.measure.cases import Cases
from core.vin import LENGTH, maker

FEW = 20
"""Of fewer photos one slip moves a share by more than five points: such figures are shown faded."""

GROUPS = {"kind": "Kind", "maker": "Maker", "year": "Model year", "trouble": "Trouble"}

STEPS = {"day": 45, "week": 300, "month": 10**6}
"""Length of a step over time -> days up to which a range is cut into such steps."""

NOT_SAID = "not said"


@dataclass(frozen=True)
class Figure:
    """Exact match and CER of some photos.

    Attributes:
        name: whose; empty where it is all of them.
        count: photos.
        right: of them read exactly.
        cer: mean over photos of the distance over 17, 0..1; None without photos.
        accepted: of them accepted by the reading's own status.
        slipped: accepted ones that are wrong.
    """

    name: str
    count: int
    right: int
    cer: float | None
    accepted: int
    slipped: int

    @property
    def share(self) -> float | None:
        """Exact match, 0..1; None without photos."""
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share."""
        return wilson(self.right, self.count)

    @property
    def few(self) -> bool:
        """Whether there are too few photos for the share to say much."""
        return self.count < FEW


@dataclass(frozen=True)
class Step:
    """A span of time.

    Attributes:
        begin: its first day.
        figure: of the readings made in it.
    """

    begin: datetime.date
    figure: Figure


def figure(cases: Cases, name: str = "") -> Figure:
    """Of these cases."""
    errors = float(cases.apart.mean()) / LENGTH if len(cases) else None
    slipped = int((cases.accepted & ~cases.right).sum())
    return Figure(
        name, len(cases), int(cases.right.sum()), errors, int(cases.accepted.sum()), slipped
    )  # fmt: skip


def groups(cases: Cases, by: str) -> list[Figure]:
    """A figure per kind, maker, model year or trouble, most photos first, years in their order.

    A photo with several troubles counts in each of them, one without any under ``none``.

    Raises:
        ValueError: ``by`` is no key of ``GROUPS``.
    """
    if by == "kind":
        found = _figures(cases, cases.kind, tuple(name or NOT_SAID for name in cases.kinds))
    elif by == "maker":
        found = _figures(cases, cases.maker, tuple(map(_maker, cases.makers)))
    elif by == "year":
        found = _figures(cases, cases.year, tuple(name or NOT_SAID for name in cases.years))
        return sorted(found, key=lambda one: one.name)
    elif by == "trouble":
        found = _troubles(cases)
    else:
        raise ValueError(f"{by!r} is no group; there are {', '.join(GROUPS)}")
    return sorted(found, key=lambda one: (-one.count, one.name))


def step_of(cases: Cases) -> str:
    """How long a step fits the time that the cases span: key of ``STEPS``."""
    days = float(np.ptp(cases.at)) / 86_400 if len(cases) else 0.0
    return next(name for name, most in STEPS.items() if days <= most)


def over_time(cases: Cases, step: str) -> list[Step]:
    """A figure per day, week (from Monday) or month in which anything was read, in this place's time.

    Raises:
        ValueError: ``step`` is no key of ``STEPS``.
    """
    if step not in STEPS:
        raise ValueError(f"{step!r} is no step; there are {', '.join(STEPS)}")
    begins = beginnings(cases.at, step)
    return [
        Step(datetime.date.fromordinal(int(day)), figure(cases.where(begins == day)))
        for day in np.unique(begins)
    ]


def beginnings(moments: np.ndarray, step: str) -> np.ndarray:
    """For each moment, seconds since 1970 UTC, the first day of its step as an ordinal, int64."""
    # Quarters of an hour, the finest difference of time zones: few of them differ.
    quarters, place = np.unique((moments // 900).astype(np.int64), return_inverse=True)
    days = [_begin(datetime.datetime.fromtimestamp(900.0 * q).date(), step) for q in quarters.tolist()]
    return np.array([day.toordinal() for day in days], np.int64)[place]


def _begin(day: datetime.date, step: str) -> datetime.date:
    if step == "week":
        return day - datetime.timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _figures(cases: Cases, codes: np.ndarray, names: tuple[str, ...]) -> list[Figure]:
    def summed(values: np.ndarray) -> list[int]:
        sums: list[int] = np.bincount(codes, values, len(names)).astype(np.int64).tolist()
        return sums

    counts, rights, errors = summed(np.ones(len(codes))), summed(cases.right), summed(cases.apart)
    accepted, slipped = summed(cases.accepted), summed(cases.accepted & ~cases.right)
    return [
        Figure(name, counts[k], rights[k], errors[k] / LENGTH / counts[k], accepted[k], slipped[k])
        for k, name in enumerate(names)
        if counts[k]
    ]


def _troubles(cases: Cases) -> list[Figure]:
    said = [tuple(json.loads(text or "[]")) for text in cases.troubles]
    names = sorted({str(tag) for tags in said for tag in tags})
    found = [
        figure(cases.where(np.isin(cases.tags, [k for k, tags in enumerate(said) if name in tags])), name)
        for name in names
    ]
    clear = figure(cases.where(np.isin(cases.tags, [k for k, tags in enumerate(said) if not tags])), "none")
    return [one for one in (*found, clear) if one.count]


def _maker(wmi: str) -> str:
    found = maker(wmi)
    return f"{wmi} {found.name}" if found and found.name else wmi

"""Scores and groups of probabilities, worked out by hand; held-out calibration; the page and its diagram."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_calibrate import drawn, pair

from core.learn import reliability
from core.learn.calibrate import Calibration, calibrate
from core.learn.diagram import page, write_page
from core.learn.reliability import Forecasts, Pair, calibrated, uncalibrated, usable


def forecasts(*said: tuple[float, bool], tags: str = "") -> Forecasts:
    probabilities, right = zip(*said, strict=True)
    return Forecasts(np.array(probabilities), np.array(right), (frozenset(tags.split()),) * len(said))


def different(pairs: list[Pair]) -> list[Pair]:
    """Each pair about a car of its own, right or wrong as before."""
    out: list[Pair] = []
    for number, (label, reading) in enumerate(pairs):
        vin = f"{label.vin[:12]}{number:05d}"
        right = reading.vin == label.vin
        assert reading.chosen
        slots = tuple(replace(s, character=c) for s, c in zip(reading.chosen.slots, vin, strict=True))
        if not right:
            slots = (*slots[:-1], replace(slots[-1], character="X"))
        out.append((replace(label, vin=vin), replace(reading, chosen=replace(reading.chosen, slots=slots))))
    return out


def test_scores() -> None:
    some = forecasts((0.9, True), (0.6, False))
    assert some.nll == pytest.approx(-(math.log(0.9) + math.log(0.4)) / 2)
    assert some.brier == pytest.approx((0.01 + 0.36) / 2)
    assert forecasts((0.0, True)).nll < 20  # a sure mistake costs much, not everything


def test_groups_are_by_probability_and_of_one_size() -> None:
    some = forecasts((0.9, True), (0.2, False), (0.8, False), (0.4, True))
    low, high = some.bins(2)
    assert (low.said, low.share, low.part.count) == (pytest.approx(0.3), 0.5, 2)
    assert (high.said, high.share, high.part.count) == (pytest.approx(0.85), 0.5, 2)
    assert forecasts((0.5, True)).bins() == forecasts((0.5, True)).bins(1)
    assert forecasts((1.0, True), (0.0, False)).gap == 0.0
    assert forecasts((0.9, False)).gap == pytest.approx(0.9)


def test_uncalibrated_is_the_product_of_the_slots() -> None:
    known = usable([pair(0.95, True), pair(0.9, False), pair(0.9, True, read="illegible", vin="")])
    assert len(known) == 2
    assert uncalibrated(known).probabilities == pytest.approx([0.95**17, 0.9**17])
    assert uncalibrated(known).right.tolist() == [True, False]


def test_no_photo_is_judged_by_a_fit_that_saw_its_vin(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = different(drawn(60))
    pairs += pairs[:20]  # the same cars once more
    seen: list[set[str]] = []

    def spy(some: list[Pair]) -> Calibration:
        seen.append({label.vin for label, _ in some})
        return calibrate(some)

    monkeypatch.setattr(reliability, "calibrate", spy)
    calibrated(pairs)
    assert len(seen) == 5
    everyone = {label.vin for label, _ in pairs}
    held = [everyone - vins for vins in seen]
    assert sum(map(len, held)) == len(everyone) and set().union(*held) == everyone


def test_over_confident_slots_are_put_right() -> None:
    rng = np.random.default_rng(5)
    pairs = different([pair(0.995, bool(rng.random() < 0.6)) for _ in range(150)])
    before, after = uncalibrated(pairs), calibrated(pairs)
    assert before.probabilities.mean() > 0.9
    assert after.probabilities.mean() == pytest.approx(0.6, abs=0.08)
    assert after.nll < before.nll and after.brier < before.brier and after.gap < before.gap


def test_the_page_tells_the_scores_and_the_troubles(tmp_path: Path) -> None:
    some = {
        "uncalibrated": forecasts((0.9, True), (0.9, False), tags="glare"),
        "calibrated": forecasts((0.6, True), (0.4, False), tags="glare"),
    }
    text = page(some, "python -m core calibrate", "c.svg")
    assert "| uncalibrated | 1.204 | 0.4100 | 50.0 % |" in text
    assert "| glare | 50.0 % | 50.0 % (9.5-90.5) | 2 |" in text and "blur" not in text
    write_page(tmp_path / "c.md", some, "python -m core calibrate")
    picture = ElementTree.parse(tmp_path / "c.svg").getroot()
    circles = [e for e in picture.iter() if e.tag.endswith("circle")]
    assert len(circles) == 2 * (2 + 1)  # two groups each, and the legend
    assert (tmp_path / "c.md").read_text() == text

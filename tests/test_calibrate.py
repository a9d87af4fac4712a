"""Calibration: probabilities that mean what they say, thresholds that keep their precision."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.cli import main
from core.geometry import Quad
from core.learn.calibrate import COVERAGE, PRECISION, calibrate, calibrate_presence
from core.learn.crops import LabelledPhoto
from core.reader import VinReader
from core.recognize.prior import learn_prior
from core.records import Candidate, Line, Reading, Slot
from core.verdict import FEATURES, confidence, presence

VIN = "XW8ZZZ1KZAG501915"
WRONG = "XW8ZZZ1KZAG501916"


def pair(sure: float, right: bool, read: str = "twice", vin: str = VIN) -> tuple[LabelledPhoto, Reading]:
    text = VIN if right else WRONG
    slots = tuple(Slot(c, sure, (), 0, (k / 17, (k + 1) / 17)) for k, c in enumerate(text))
    line = Line((Quad.from_box((0, 0, 170, 12)),), 0.9)
    score = 17 * math.log(sure) - 0.2
    reading = Reading(text, "review", 0.0, "not_applicable", Candidate(line, slots, {}, score, ""))
    return LabelledPhoto(Path("a.jpg"), "val", None, vin, read, frozenset()), reading


def drawn(count: int = 400) -> list[tuple[LabelledPhoto, Reading]]:
    rng = np.random.default_rng(3)
    sure = rng.uniform(0.7, 0.999, count)
    return [pair(value, bool(rng.random() < value**17)) for value in sure]


def test_probabilities_follow_the_share_of_right_readings() -> None:
    pairs = drawn()
    fitted = calibrate(pairs)
    assert set(FEATURES) | {"accept", "least", "second_look"} == set(fitted.settings)
    chances = np.array([confidence(r.chosen, fitted.settings) for _, r in pairs if r.chosen])
    right = np.array([label.vin == reading.vin for label, reading in pairs])
    high = chances > 0.4
    assert abs(chances[high].mean() - right[high].mean()) < 0.08
    assert abs(chances[~high].mean() - right[~high].mean()) < 0.08
    assert fitted.brier == pytest.approx(np.mean((chances - right) ** 2))


def test_what_is_accepted_is_right_at_the_promised_precision() -> None:
    pairs = drawn()
    settings = calibrate(pairs).settings
    accepted = [(p, r) for p, r in pairs if r.chosen and confidence(r.chosen, settings) >= settings["accept"]]
    assert sum(label.vin == reading.vin for label, reading in accepted) >= PRECISION * len(accepted)


def test_photos_that_nobody_could_read_are_held_back() -> None:
    pairs = [pair(value, True) for value in np.linspace(0.9, 0.9999, 300)]
    pairs += [pair(value, False) for value in np.linspace(0.7, 0.89, 10)]
    poor = [pair(value, True, "doubtful", "?" + VIN[1:]) for value in np.linspace(0.85, 0.92, 40)]
    poor += [(replace(label, read="illegible", vin=""), reading) for label, reading in poor[:20]]

    def accepted(settings: dict[str, float], among: list[tuple[LabelledPhoto, Reading]]) -> float:
        sure = [confidence(r.chosen, settings) for _, r in among if r.chosen]
        return float(np.mean(np.array(sure) >= settings["accept"]))

    loose, strict = calibrate(pairs).settings, calibrate([*pairs, *poor]).settings
    assert accepted(loose, poor) > 0.1 >= accepted(strict, poor) > 0.05
    assert strict["accept"] > loose["accept"]
    # Where that would send most photos to people, coverage counts.
    surer = [pair(0.9998, True, "doubtful", "?" + VIN[1:])] * 60
    assert accepted(calibrate([*pairs, *surer]).settings, pairs) == pytest.approx(COVERAGE, abs=0.003)


def test_thresholds_of_the_score_lie_below_the_right_readings() -> None:
    pairs = drawn()
    settings = calibrate(pairs).settings
    right = [r.chosen.score for label, r in pairs if r.chosen and r.vin == label.vin]
    assert settings["least"] < min(right)
    assert np.mean([score >= settings["second_look"] for score in right]) == pytest.approx(0.95, abs=0.02)


def test_doubtful_photos_count_only_where_they_contradict() -> None:
    pairs = drawn(100)
    agreeing = pair(0.9, True, "doubtful", VIN[:5] + "?" + VIN[6:])
    contradicting = pair(0.9, False, "doubtful", "?" + VIN[1:])
    assert calibrate([*pairs, agreeing]).count == 100
    assert calibrate([*pairs, contradicting]).count == 101


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        calibrate([pair(0.9, True)] * 10)
    with pytest.raises(ValueError, match="too few"):
        calibrate([pair(0.9, True)] * 50)


def seen(text: str, score: float, length: int = 17) -> Candidate:
    line = Line((Quad.from_box((0, 0, 170, 12)),), 0.9)
    slots = tuple(Slot(c, 0.9, (), 0, (k / 17, (k + 1) / 17)) for k, c in enumerate(text))
    return Candidate(line, slots, {"ctc": text[:length], "yolo": text}, score, "")


def test_other_text_is_told_from_a_vin_and_right_readings_are_kept() -> None:
    rng = np.random.default_rng(8)
    prior = learn_prior([VIN] * 30)
    with_vin = [(seen(VIN, rng.normal(-0.5, 0.5)), True) for _ in range(60)]
    with_vin += [(seen(VIN, rng.normal(-2.5, 0.8)), False) for _ in range(20)]
    without = [seen("TCRUE4RUMT0200276", rng.normal(-4, 1.0), 12) for _ in range(60)]
    settings = calibrate_presence(with_vin, [*without, None], prior)
    chances = [presence(candidate, prior, settings) for candidate in without]
    assert np.mean(np.array(chances) < settings["present"]) > 0.9
    kept = [presence(candidate, prior, settings) >= settings["present"] for candidate, _ in with_vin]
    assert np.mean(kept) > 0.95


def test_a_reader_that_sees_nothing_says_no_more_than_one_that_misses_two() -> None:
    settings = {"vin_bias": 3.0, "vin_score": 1.0, "vin_length": -1.0}
    silent, short, whole = (presence(seen(VIN, -1.0, count), None, settings) for count in (0, 15, 17))
    assert silent == short < whole


def test_too_few_pictures_leave_presence_alone() -> None:
    assert calibrate_presence([(seen(VIN, 0.0), True)], [None], None) == {}


def test_a_calibration_that_breaks_off_leaves_the_champion_as_it_was(home: Path, tmp_path: Path) -> None:
    """All right: nothing to tell right from wrong by. By then the readers' weights have been fitted."""
    samples = Path(__file__).resolve().parent.parent / "assets" / "samples"
    vins = json.loads((samples.parent / "samples.json").read_text())
    reader = VinReader.load()
    rows = ["photo,vin,use,read,left,top,width,height"]
    for name, vin in sorted(vins.items()):
        chosen = reader.read((samples / name).read_bytes()).chosen
        assert chosen is not None
        box = ",".join(str(round(value)) for value in chosen.line.parts[0].bounds())
        rows += [f"{samples / name},{vin},val,twice,{box}"] * 6
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    assert main(["calibrate", str(tmp_path / "labels.csv")]) == 2
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()} == before

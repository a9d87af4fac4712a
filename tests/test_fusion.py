"""Two readers' words joined: aligned by place, weighed, and the weights fitted where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.geometry import Quad
from core.learn.fusion import fit_fusion, fit_rules
from core.recognize.fuse import fuse, join
from core.recognize.prior import learn_prior
from core.records import Photo, SlotPosteriors, Strip
from core.vin import ALPHABET, LENGTH

VIN = "1M8GDM9AXKP042788"


def opinion(text: str, sure: float = 0.9, shift: int = 0, fits: float = -0.05) -> SlotPosteriors:
    """A reader that says ``text``; from slot ``shift`` on it is one place further to the right."""
    probabilities = np.full((LENGTH, len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1), np.float32)
    for slot, character in enumerate(text):
        probabilities[slot, ALPHABET.index(character)] = sure
    edges = np.arange(LENGTH + 1) / (LENGTH + 1)
    if shift:
        edges[shift:] += 1 / (LENGTH + 1)
    extents = np.stack([edges[:-1], edges[1:]], axis=1).astype(np.float32)
    return SlotPosteriors(probabilities, extents, fits, text)


def read(joined: np.ndarray) -> str:
    return "".join(ALPHABET[k] for k in joined.argmax(axis=1))


def test_two_that_agree_are_surer_than_one() -> None:
    both = join({"ctc": opinion(VIN), "yolo": opinion(VIN)})
    assert read(both) == VIN
    assert both.max(axis=1).min() > 0.99
    assert both.sum(axis=1) == pytest.approx(1.0)


def test_the_heavier_reader_wins_where_they_differ() -> None:
    other = VIN[:-1] + "B"
    opinions = {"ctc": opinion(VIN), "yolo": opinion(other)}
    assert read(join(opinions, {"ctc": 1.0, "yolo": 0.4})) == VIN
    assert read(join(opinions, {"ctc": 0.4, "yolo": 1.0})) == other


def test_behind_a_slip_only_the_reader_to_which_seventeen_fits_is_heard() -> None:
    # The second reader took 18 characters for 17: it left slot 5 out and is shifted from there on.
    shifted = VIN[:5] + VIN[6:] + "Z"
    slipped = opinion(shifted, sure=0.97, shift=5, fits=-6.0)
    assert read(join({"ctc": opinion(VIN, sure=0.8), "yolo": slipped})) == VIN


def test_slots_tell_both_opinions_and_take_the_boxes_of_the_box_reader() -> None:
    strip = Strip(Photo(np.zeros((40, 400, 3), np.uint8)), (Quad.from_box((10, 10, 340, 20)),))
    boxes = opinion(VIN[:-1] + "B")
    boxes.extents[:, 1] -= 0.01
    slots = fuse({"ctc": opinion(VIN), "yolo": boxes}, strip)
    assert slots[-1].opinions == {"ctc": "8", "yolo": "B"}
    assert [slot.extent[1] for slot in slots] == pytest.approx(boxes.extents[:, 1].tolist())


def test_box_reader_that_is_lost_does_not_place_the_slots() -> None:
    strip = Strip(Photo(np.zeros((40, 400, 3), np.uint8)), (Quad.from_box((10, 10, 340, 20)),))
    lost = opinion(VIN, fits=-60.0)
    lost.extents[:] = 0.5
    assert fuse({"ctc": opinion(VIN), "yolo": lost}, strip)[0].extent[0] == pytest.approx(0.0)


def noisy(seed: int, wrong: float) -> SlotPosteriors:
    """Right in all but a share of the slots; sure of itself either way."""
    rng = np.random.default_rng(seed)
    text = "".join(ALPHABET[rng.integers(33)] if rng.random() < wrong else character for character in VIN)
    return opinion(text, sure=0.9)


def test_the_better_reader_gets_the_larger_weight() -> None:
    lines = [(VIN, {"ctc": noisy(seed, 0.05), "yolo": noisy(1000 + seed, 0.3)}) for seed in range(40)]
    fitted = fit_fusion(lines)
    assert fitted.weights["ctc"] > fitted.weights["yolo"]
    assert fitted.table["ctc"]["exact"] > fitted.table["yolo"]["exact"]
    assert fitted.table["fused"]["slots"] >= fitted.table["ctc"]["slots"]


def torn(seed: int, truth: str = VIN) -> SlotPosteriors:
    """Sure of every slot but one, where a wrong character is a little likelier than the right one."""
    rng = np.random.default_rng(seed)
    seen = opinion(truth, sure=0.99)
    slot = int(rng.integers(LENGTH - 4, LENGTH))
    right = int(truth[slot])
    seen.probabilities[slot] = 0.001
    seen.probabilities[slot, ALPHABET.index(str((right + 1) % 10))] = 0.55
    seen.probabilities[slot, ALPHABET.index(str(right))] = 0.41
    return seen


def test_a_makers_habits_are_used_where_they_help() -> None:
    lines = [(VIN, {"ctc": torn(seed)}) for seed in range(40)]
    fitted, told = fit_rules(lines, {"ctc": 1.0}, learn_prior([VIN] * 20))
    assert fitted.habit > 0
    assert fit_fusion(lines).table["ctc"]["exact"] == 0
    assert told["exact"] == 1


def test_check_digit_is_used_where_it_helps() -> None:
    lines = [(VIN, {"ctc": torn(seed)}) for seed in range(40)]
    fitted, told = fit_rules(lines, {"ctc": 1.0}, learn_prior([]))
    assert fitted.valid > 0 and fitted.invalid < 0
    assert fit_fusion(lines).table["ctc"]["exact"] == 0
    assert told["exact"] == 1


def test_rules_are_left_where_the_cars_do_not_keep_them() -> None:
    odd = VIN[:8] + "7" + VIN[9:]  # the digit of another car
    lines = [(odd, {"ctc": opinion(odd, sure=0.6)}) for _ in range(10)]
    fitted, told = fit_rules(lines, {"ctc": 1.0}, learn_prior([VIN] * 20))
    assert fitted.valid == fitted.invalid == 0
    assert told["exact"] == 1


def test_nothing_to_fit_on_is_told() -> None:
    with pytest.raises(ValueError, match="no line"):
        fit_fusion([])


def test_readers_that_are_as_good_are_trusted_alike() -> None:
    lines = [(VIN, {"ctc": noisy(seed, 0.1), "yolo": noisy(1000 + seed, 0.1)}) for seed in range(40)]
    assert len(set(fit_fusion(lines).weights.values())) == 1

"""Forward-backward against the sum over all paths, one by one; greedy reading; extents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.recognize.ctc import decode, extents_from_centres, forward_backward, greedy
from core.vin import ALPHABET, LENGTH


def frames(rng: np.random.Generator, count: int, length: int, classes: int, sharp: float = 2.0) -> np.ndarray:
    logits = sharp * rng.normal(size=(count, length, classes))
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    return powers / powers.sum(axis=2, keepdims=True)


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(c for c, _ in itertools.groupby(path) if c != 0)


def spelled(path: tuple[int, ...]) -> list[int]:
    """Which slot each frame writes, -1 for a blank."""
    slots, slot, before = [], -1, 0
    for c in path:
        if c and c != before:
            slot += 1
        slots.append(slot if c else -1)
        before = c
    return slots


def enumerated(probabilities: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Slot posteriors, occupancy and log-likelihood by trying every path of one strip."""
    count, classes = probabilities.shape
    slots, occupancy, total = np.zeros((length, classes - 1)), np.zeros((length, count)), 0.0
    for path in itertools.product(range(classes), repeat=count):
        text = collapsed(path)
        if len(text) != length:
            continue
        weight = float(np.prod([probabilities[frame, c] for frame, c in enumerate(path)]))
        total += weight
        for slot, c in enumerate(text):
            slots[slot, c - 1] += weight
        for frame, slot in enumerate(spelled(path)):
            if slot >= 0:
                occupancy[slot, frame] += weight
    return slots / total, occupancy / occupancy.sum(axis=1, keepdims=True), float(np.log(total))


@pytest.mark.parametrize(
    ("count", "classes", "length"),
    [(1, 3, 1), (2, 3, 2), (3, 3, 1), (4, 3, 2), (5, 4, 2), (6, 3, 3), (5, 2, 3), (6, 4, 4), (4, 3, 4)],
)
def test_it_sums_over_all_paths(count: int, classes: int, length: int) -> None:
    probabilities = frames(np.random.default_rng([count, classes, length]), 3, count, classes)
    slots, occupancy, likelihood = forward_backward(probabilities, length)
    for index in range(3):
        expected = enumerated(probabilities[index], length)
        np.testing.assert_allclose(slots[index], expected[0], atol=1e-6)
        np.testing.assert_allclose(occupancy[index], expected[1], atol=1e-6)
        assert likelihood[index] == pytest.approx(expected[2], abs=1e-6)


def test_a_repeated_character_needs_a_blank_between() -> None:
    probabilities = np.full((1, 3, 3), 1e-9)
    probabilities[0, [0, 1, 2], [1, 0, 1]] = 1.0
    slots, _, likelihood = forward_backward(probabilities, 2)
    assert slots[0].argmax(axis=1).tolist() == [0, 0]
    assert likelihood[0] == pytest.approx(0.0, abs=1e-4)
    probabilities[0, 1] = [1e-9, 1.0, 1e-9]
    assert forward_backward(probabilities, 2)[2][0] < -15


def test_strips_of_a_batch_do_not_touch_each_other() -> None:
    probabilities = frames(np.random.default_rng(3), 4, 40, 34)
    together = forward_backward(probabilities)
    for index in range(4):
        alone = forward_backward(probabilities[index : index + 1])
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], all_of_them[index], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("sharp", [0.0, 1.0, 30.0, 300.0])
def test_rows_sum_to_one_and_nothing_overflows(sharp: float) -> None:
    slots, occupancy, likelihood = forward_backward(frames(np.random.default_rng(4), 3, 40, 34, sharp))
    assert slots.shape == (3, LENGTH, 33)
    assert occupancy.shape == (3, LENGTH, 40)
    np.testing.assert_allclose(slots.sum(axis=2), 1, atol=1e-9)
    np.testing.assert_allclose(occupancy.sum(axis=2), 1, atol=1e-6)
    assert np.isfinite(likelihood).all()
    assert (likelihood <= 1e-9).all()


def test_blanks_alone_give_numbers_all_the_same() -> None:
    probabilities = np.zeros((1, 40, 34))
    probabilities[:, :, 0] = 1.0
    slots, occupancy, likelihood = forward_backward(probabilities)
    assert np.isfinite(slots).all()
    assert np.isfinite(occupancy).all()
    assert np.isfinite(likelihood).all()
    assert likelihood[0] < -100


def written(text: str, starts: list[int], count: int) -> np.ndarray:
    """Log-probabilities of one strip that writes each character in two frames, blanks elsewhere."""
    out = np.full((1, count, 34), 1e-4)
    out[0, :, 0] = 1.0
    for character, start in zip(text, starts, strict=True):
        for frame in (start, start + 1):
            out[0, frame, 0] = 1e-4
            out[0, frame, ALPHABET.index(character) + 1] = 1.0
    return np.log(out / out.sum(axis=2, keepdims=True))


VIN = "1M8GDM9AXKP042788"
STARTS = [3 * slot + 2 for slot in range(LENGTH)]


def test_greedy_merges_repeats_and_drops_blanks() -> None:
    assert greedy(written(VIN, STARTS, 56)) == [VIN]
    assert greedy(written("AB", [0, 2], 6)) == ["AB"]
    assert greedy(written("AA", [0, 2], 6)) == ["A"]
    assert greedy(written("AA", [0, 3], 6)) == ["AA"]
    assert greedy(written("", [], 6)) == [""]


def test_decode_reads_the_text_and_where_it_stands() -> None:
    posteriors = decode(written(VIN, STARTS, 56))[0]
    assert posteriors.text == VIN
    assert posteriors.probabilities.dtype == posteriors.extents.dtype == np.float32
    assert "".join(ALPHABET[c] for c in posteriors.probabilities.argmax(axis=1)) == VIN
    centres = posteriors.extents.mean(axis=1)
    np.testing.assert_allclose(centres, [(start + 1) / 56 for start in STARTS], atol=0.01)
    assert -1.0 < posteriors.log_likelihood <= 0.0


def test_decode_tells_extents_without_the_margin() -> None:
    log_probabilities = written(VIN, STARTS, 56)
    plain, cut = decode(log_probabilities)[0], decode(log_probabilities, [0.02])[0]
    np.testing.assert_allclose(cut.extents[1:-1], (plain.extents[1:-1] - 0.02) / 0.96, atol=1e-5)


def test_extents_meet_halfway_and_stay_inside_or_in_the_margin() -> None:
    extents = extents_from_centres(np.array([0.1, 0.3, 0.7]))
    np.testing.assert_allclose(extents, [[0.0, 0.2], [0.2, 0.5], [0.5, 0.9]])
    extents = extents_from_centres(np.array([0.02, 0.5, 0.98]))
    np.testing.assert_allclose(extents, [[0.0, 0.26], [0.26, 0.74], [0.74, 1.0]])
    extents = extents_from_centres(np.array([0.02, 0.5, 0.98]), 0.1)
    np.testing.assert_allclose(extents, [[-0.1, 0.26], [0.26, 0.74], [0.74, 1.1]])

"""Chains of boxes against brute force, and what the YOLO reader makes of raw output."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from core.recognize.chain import best_chain, may_follow, sum_chains
from core.recognize.yolo import ANCHORS, CELL, boxes_of, decode, suppress
from core.vin import ALPHABET, LENGTH

VIN = "1M8GDM9AXKP042788"


def few_boxes(seed: int, count: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 100, count), rng.uniform(5, 30, count), rng.uniform(0.05, 20, count)


def all_chains(centres: np.ndarray, widths: np.ndarray, length: int) -> list[tuple[int, ...]]:
    follows = may_follow(centres, widths)
    order = np.argsort(centres)
    return [
        chain
        for chain in combinations(order.tolist(), length)
        if all(follows[a, b] for a, b in pairwise(chain))
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("length", [2, 3])
def test_the_sum_over_chains_is_that_of_brute_force(seed: int, length: int) -> None:
    centres, widths, odds = few_boxes(seed)
    chains = all_chains(centres, widths, length)
    if not chains:
        pytest.skip("no chain of this length fits")
    expected = np.zeros((length, len(centres)))
    for chain in chains:
        for slot, box in enumerate(chain):
            expected[slot, box] += np.prod(odds[list(chain)])
    expected /= expected.sum(axis=1, keepdims=True)
    found = sum_chains(centres, widths, odds, length)
    assert found.slots == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_the_share_of_a_length_is_that_of_brute_force(seed: int) -> None:
    centres, widths, odds = few_boxes(seed)
    weights = {
        length: sum(np.prod(odds[list(chain)]) for chain in all_chains(centres, widths, length))
        for length in range(1, 8)
    }
    if weights[4] == 0:
        pytest.skip("no chain of four fits")
    expected = np.log(weights[4] / sum(weights.values()))
    assert sum_chains(centres, widths, odds, 4).log_share == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_chain_is_that_of_brute_force(seed: int) -> None:
    centres, widths, odds = few_boxes(seed)
    chains = all_chains(centres, widths, 3)
    found = best_chain(centres, widths, odds, 3)
    if not chains:
        assert found is None
        return
    assert found is not None
    assert tuple(found) == max(chains, key=lambda chain: np.prod(odds[list(chain)]))


def test_too_few_boxes_say_so() -> None:
    found = sum_chains(np.array([10.0]), np.array([5.0]), np.array([3.0]), 17)
    assert found.log_share == -60.0 and found.slots.shape == (17, 1)
    assert best_chain(np.array([10.0]), np.array([5.0]), np.array([3.0]), 17) is None
    nothing = np.zeros(0)
    assert sum_chains(nothing, nothing, nothing, 17).slots.shape == (17, 0)


def raw_of(text: str, spurious: tuple[int, ...] = ()) -> np.ndarray:
    """What a sure network would give for ``text`` at even pitch."""
    raw = np.zeros((30, len(ANCHORS), 3 + len(ALPHABET)), np.float32)
    raw[..., 2] = -8.0
    pitch = 960 / (len(text) + 1)
    for index, character in enumerate(text):
        centre = pitch * (index + 1)
        cell = int(centre // CELL)
        inside = np.clip(centre / CELL - cell, 1e-3, 1 - 1e-3)
        raw[cell, 4, :3] = np.log(inside / (1 - inside)), np.log(40 / ANCHORS[4]), 7.0
        raw[cell, 4, 3 + ALPHABET.index(character)] = 9.0
    for cell in spurious:
        raw[cell, 0, 2] = -1.0
    return raw


def test_a_sure_network_is_read_as_it_is() -> None:
    (read,) = decode(raw_of(VIN)[None])
    assert read.text == VIN
    assert "".join(ALPHABET[k] for k in read.probabilities.argmax(axis=1)) == VIN
    assert read.log_likelihood > -0.1
    assert read.extents.mean(axis=1) == pytest.approx(np.arange(1, 18) / 18, abs=1e-3)


def test_a_doubtful_eighteenth_box_is_left_out() -> None:
    (read,) = decode(raw_of(VIN, spurious=(29,))[None])
    assert "".join(ALPHABET[k] for k in read.probabilities.argmax(axis=1)) == VIN


@pytest.mark.parametrize("text", [VIN[:16], VIN + "5"])
def test_sixteen_or_eighteen_characters_still_give_seventeen_slots_and_say_that_they_do_not_fit(
    text: str,
) -> None:
    (read,) = decode(raw_of(text)[None])
    assert read.text == text
    assert read.probabilities.shape == (LENGTH, len(ALPHABET))
    assert read.log_likelihood < -3


def test_nothing_seen_gives_even_posteriors() -> None:
    raw = np.full((1, 30, len(ANCHORS), 3 + len(ALPHABET)), -20.0, np.float32)
    (read,) = decode(raw)
    assert read.text == "" and read.log_likelihood == -60.0
    assert read.probabilities == pytest.approx(1 / len(ALPHABET), abs=1e-6)


def test_boxes_follow_the_equations_of_yolo_v2() -> None:
    raw = np.full((30, len(ANCHORS), 3 + len(ALPHABET)), -9.0)
    raw[7, 2, :3] = 0.4, -0.2, 1.1
    boxes = boxes_of(raw)
    assert boxes.centres == pytest.approx([CELL * (7 + 1 / (1 + np.exp(-0.4)))])
    assert boxes.widths == pytest.approx([ANCHORS[2] * np.exp(-0.2)])
    assert boxes.objectness == pytest.approx([1 / (1 + np.exp(-1.1))])


def test_suppression_keeps_the_stronger_of_two_that_overlap() -> None:
    raw = raw_of(VIN)
    raw[:, 5] = raw[:, 4]
    raw[:, 5, 2] -= 1.0
    boxes = boxes_of(raw)
    kept = suppress(boxes)
    assert len(kept) == LENGTH
    assert np.all(np.diff(boxes.centres[kept]) > 0)
    assert boxes.objectness[kept].min() > 0.99


def test_narrow_letters_whose_boxes_are_half_again_too_wide_are_still_a_chain() -> None:
    """A pitch of 31 pixels, boxes of 50: every character is seen, and 17 fit."""
    centres, widths = 40 + 31.0 * np.arange(17), np.full(17, 50.0)
    chain = sum_chains(centres, widths, np.full(17, 999.0))
    assert chain.log_share == pytest.approx(0.0, abs=0.1)
    assert (chain.slots.argmax(axis=1) == np.arange(17)).all()
    # Two boxes on one character are still one.
    doubled = np.sort(np.append(centres, centres + 12.0))
    assert (
        np.diff(np.argmax(sum_chains(doubled, np.full(34, 50.0), np.full(34, 999.0)).slots, axis=1)) >= 2
    ).all()

"""Makers' habits and the check digit as likelihoods: they tip the scales, they never rule out."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from core.recognize.prior import VinPrior, learn_prior
from core.recognize.rules import Rules, apply_rules
from core.vin import ALPHABET, LENGTH, check_digit, check_digit_status

VIN = "1M8GDM9AXKP042788"


def posterior(text: str, doubts: dict[int, dict[str, float]] | None = None) -> np.ndarray:
    """Sure of every character but where doubts say otherwise."""
    out = np.full((LENGTH, len(ALPHABET)), 1e-7)
    for slot, character in enumerate(text):
        for letter, share in (doubts or {}).get(slot, {character: 1.0}).items():
            out[slot, ALPHABET.index(letter)] = share
    return out / out.sum(axis=1, keepdims=True)


def read(slots: np.ndarray) -> str:
    return "".join(ALPHABET[k] for k in slots.argmax(axis=1))


def test_without_weights_nothing_changes() -> None:
    slots = posterior(VIN)
    assert apply_rules(slots, Rules()) is slots


def test_the_check_digit_decides_between_lookalikes_where_it_binds() -> None:
    slots = posterior(VIN, {15: {"B": 0.55, "8": 0.45}})
    assert read(slots) != VIN
    assert check_digit_status(read(slots)) == "invalid"
    assert read(apply_rules(slots, Rules(valid=2.4, invalid=-3.0))) == VIN


def test_a_sure_reading_stands_against_a_wrong_check_digit() -> None:
    wrong = VIN[:15] + "B8"
    slots = posterior(wrong, {15: {"B": 0.9999, "8": 0.0001}})
    assert read(apply_rules(slots, Rules(valid=2.4, invalid=-3.0))) == wrong


def test_it_says_nothing_where_it_does_not_bind() -> None:
    text = "WVWZZZ1JZXW000008"
    slots = posterior(text, {16: {"8": 0.6, "B": 0.4}})
    assert apply_rules(slots, Rules(valid=2.4, invalid=-3.0)) == pytest.approx(slots, abs=1e-3)


def test_slots_are_summed_over_the_weighed_readings() -> None:
    doubts = {3: {"G": 0.6, "6": 0.4}, 15: {"B": 0.5, "8": 0.5}}
    slots, rules = posterior(VIN, doubts), Rules(valid=2.4, invalid=-3.0)
    weights = {}
    for third, late in product("G6", "B8"):
        text = VIN[:3] + third + VIN[4:15] + late + VIN[16:]
        bonus = 2.4 if check_digit_status(text) == "valid" else -3.0
        weights[third, late] = doubts[3][third] * doubts[15][late] * math.exp(bonus)
    share = sum(w for (third, _), w in weights.items() if third == "G") / sum(weights.values())
    heard = apply_rules(slots, rules)
    assert heard[3, ALPHABET.index("G")] == pytest.approx(share, abs=0.01)
    assert heard.sum(axis=1) == pytest.approx(1.0)


def test_habits_are_learnt_and_help() -> None:
    prior = learn_prior(["X7LLSRB1HAH500001", "X7LLSRB2HAH512345", "X7LLSRB1HBH533333"])
    slots = posterior("X7LLSRB1HAH5000B1", {15: {"B": 0.55, "8": 0.45}})
    assert read(apply_rules(slots, Rules(prior, habit=0.5)))[15] == "8"
    lookalike = posterior("X7LL5RB1HAH500001", {4: {"5": 0.7, "S": 0.3}})
    assert read(apply_rules(lookalike, Rules(prior, habit=0.5)))[4] == "S"


def test_a_car_of_an_unknown_maker_stays_readable() -> None:
    prior = learn_prior(["X7LLSRB1HAH500001"] * 500)
    assert read(apply_rules(posterior(VIN), Rules(prior, habit=1.0))) == VIN


def test_a_car_of_its_own_kind_is_not_held_against_its_maker_slot_by_slot() -> None:
    """A known maker's car with none of its habits is still likelier than a maker that no list knows."""
    prior = learn_prior([f"WBAVA9105{year}VE{serial}" for year in "5678" for serial in range(12345, 12355)])
    strange = "WBA33039P77786100"
    assert prior.log_text(strange) - prior.log_text("V" + strange[1:]) > 3
    assert prior.log_text("WBAVA91057VE54321") - prior.log_text("WBA8A91057VE54321") > 5
    # Nor does a maker without any known car become one of those that no list knows.
    assert prior.log_text("JTD" + strange[3:]) - prior.log_text("JT0" + strange[3:]) > 3


def test_chances_of_all_characters_sum_to_one() -> None:
    prior = learn_prior([VIN, "1M8GDM9A?KP042799"])
    for before in ("", "1", "1M8", "1M8GD", VIN[:12], "WVWZ"):
        assert sum(math.exp(prior.log(c, before)) for c in ALPHABET) == pytest.approx(1.0)


def test_what_is_kept_for_one_beginning_is_not_told_of_another() -> None:
    """Asked for in any order, and again: each answer is that of a prior that was asked nothing before."""
    texts = [
        "WVWZZZ1KZ6W079426",
        "WVWZZZ3CZ6P012345",
        "3VWZZZ1KZ6M079426",
        "XTA21099043512345",
        "1M8GDM9AXKP042788",
    ]
    counts = learn_prior(texts).counts
    asked = [text[:place] for text in (*texts, "33333333333333333", "V" * 17) for place in range(LENGTH)]
    prior = VinPrior(counts)
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(len(asked)), 2))
    for k in order:
        fresh = VinPrior(counts).logs(asked[k])
        assert (prior.logs(asked[k]) == fresh).all(), asked[k]
        assert prior.log("7", asked[k]) == fresh[ALPHABET.index("7")]


def test_chances_stay_the_same_when_what_is_kept_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    prior = learn_prior([VIN, "1M8GDM9AXKP042799"])
    whole = prior.log_text(VIN)
    monkeypatch.setattr("core.recognize.prior._KEPT", 3)
    assert VinPrior(prior.counts).log_text(VIN) == whole


def test_the_search_lists_what_trying_everything_would() -> None:
    """Two slots in doubt: all 25 readings, weighed one by one, give the same posterior."""
    rng = np.random.default_rng(4)
    doubts = {slot: dict(zip("38BSZ", rng.dirichlet(np.ones(5)), strict=True)) for slot in (3, 12)}
    slots, prior = posterior(VIN, doubts), learn_prior(["1M8GDM9AXKP042788", "1M8GDM8BXKP042788"])
    rules = Rules(prior, habit=1.0, valid=1.2, invalid=-1.5)
    scores = {}
    for choice in product("38BSZ", repeat=2):
        text = list(VIN)
        for slot, character in zip(doubts, choice, strict=True):
            text[slot] = character
        whole = "".join(text)
        seen = sum(math.log(slots[k, ALPHABET.index(c)]) for k, c in enumerate(whole))
        weight = rules.valid if check_digit_status(whole) == "valid" else rules.invalid
        scores[whole] = seen + prior.log_text(whole) + weight
    total = math.fsum(math.exp(score) for score in scores.values())
    heard = apply_rules(slots, rules)
    for slot in doubts:
        for character in "38BSZ":
            share = sum(math.exp(score) for text, score in scores.items() if text[slot] == character) / total
            assert heard[slot, ALPHABET.index(character)] == pytest.approx(share, abs=1e-3)


def test_an_unknown_character_is_counted_nowhere() -> None:
    prior = learn_prior(["1M8GDM9A?KP042799"])
    assert not any("?" in context for context in prior.counts)
    assert not any("?" in seen for seen in prior.counts.values())


def test_no_serial_number_can_be_read_back() -> None:
    prior = learn_prior([VIN])
    assert not any(VIN[11:15] in context for context in prior.counts)


def test_counts_come_back_from_text() -> None:
    prior = learn_prior([VIN])
    assert VinPrior.from_json(prior.to_json()).counts == prior.counts
    with pytest.raises(ValueError, match="counts"):
        VinPrior.from_json("[1, 2]")


def test_makers_that_the_training_photos_lack_are_as_likely_as_the_lists_say() -> None:
    prior = learn_prior(["XTA219010F0312345"] * 50)
    assert prior.log("M", "") > prior.log("G", "")  # India builds more cars than Côte d'Ivoire
    for before in ("", "M", "MA", "MA3", "JS"):
        assert sum(math.exp(prior.log(c, before)) for c in ALPHABET) == pytest.approx(1.0)


def test_a_check_digit_counts_where_makers_put_one_though_no_law_asks() -> None:
    skoda = ["TMBJF25J5B3000009", "TMBJF25JXB3000006", "TMBJF25J3B3000008"]
    agreeing = [text[:8] + check_digit(text) + text[9:] for text in skoda]
    lada = [
        "XTA21901" + ("5" if check_digit(f"XTA219010F03{n}") != "5" else "6") + f"F03{n}"
        for n in range(12000, 12030)
    ]
    prior = learn_prior(agreeing * 5 + lada)
    assert prior.log_digit(agreeing[0]) > 1.5 > 0 > prior.log_digit(agreeing[0][:16] + "3")
    assert abs(prior.log_digit(lada[0])) < 0.5
    assert prior.log_digit("UU1HSDAG553445678") == pytest.approx(0.0, abs=0.3)
    # Two readings that the picture cannot tell apart: the one whose check digit agrees is believed.
    other = "A" + agreeing[0][1:]
    slots = posterior(agreeing[0], {0: {"T": 0.5, "A": 0.5}})
    assert check_digit_status(other) == "not_applicable"
    heard = apply_rules(slots, Rules(prior, custom=1.0))
    assert heard[0, ALPHABET.index("T")] > heard[0, ALPHABET.index("A")]

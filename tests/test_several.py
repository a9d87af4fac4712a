"""Several photos of one car: what they say together, who vouched, and what is told instead of averaged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.cli.read import car_lines
from core.geometry import Quad
from core.recognize.prior import learn_prior
from core.recognize.rules import Rules
from core.records import BarCode, Candidate, Line, Reading, Slot
from core.several import CarReading, fuse_photos
from core.several.align import Doubt, encoded, likelihoods, places, ratios
from core.vin import ALPHABET, LENGTH, check_digit_status

VIN = "1M8GDM9AXKP042788"
OTHER = "XW8ZZZ1KZAG501915"
RULES = Rules(None, 0.0, 1.2, -1.5)
SETTINGS = {"accept": 0.925}


def evidence(text: str, sure: float = 0.97, unsure: dict[int, tuple[str, float]] | None = None) -> np.ndarray:
    """Posteriors of a reader that sees ``text``; ``unsure``: slot -> what it takes it for, how much."""
    out = np.full((LENGTH, len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1))
    for slot, character in enumerate(text):
        out[slot, ALPHABET.index(character)] = sure
    for slot, (character, share) in (unsure or {}).items():
        out[slot] *= 1 - share
        out[slot, ALPHABET.index(character)] += share
    return (out / out.sum(axis=1, keepdims=True)).astype(np.float32)


def reading(seen: np.ndarray | None, confidence: float = 0.9, codes: tuple[BarCode, ...] = ()) -> Reading:
    if seen is None:
        return Reading(None, "no_vin", 0.0, "not_applicable", bar_codes=codes)
    text = "".join(ALPHABET[k] for k in seen.argmax(axis=1))
    slots = tuple(Slot(c, 0.9, (), 0, (k / 17, (k + 1) / 17)) for k, c in enumerate(text))
    chosen = Candidate(Line((Quad.from_box((0, 0, 170, 12)),), 1.0), slots, {}, -1.0, "", seen)
    status = "accepted" if confidence > 0.9 else "review"
    return Reading(text, status, confidence, check_digit_status(text), chosen, bar_codes=codes)


def fused(*readings: Reading) -> CarReading:
    return fuse_photos(readings, RULES, SETTINGS)


def test_each_photo_mends_what_the_others_misread() -> None:
    views = [
        evidence(VIN, unsure={3: ("6", 0.7), 4: ("0", 0.6)}),
        evidence(VIN, unsure={10: ("F", 0.7)}),
        evidence(VIN, unsure={15: ("B", 0.6), 16: ("B", 0.8)}),
    ]
    readings = [reading(view, 0.3) for view in views]
    assert VIN not in {one.vin for one in readings}
    car = fused(*readings)
    assert (car.vin, car.status) == (VIN, "accepted")
    assert car.slots[3].vouched == (1, 2) or car.slots[3].vouched == (2, 1)
    assert car.slots[3].words[0] is not None and car.slots[3].words[0].character == "6"
    assert set(car.slots[0].vouched) == {0, 1, 2}
    assert [photo.part for photo in car.photos] == ["outvoted"] * 3
    assert [photo.agreeing for photo in car.photos] == [15, 16, 15]


def test_a_cut_line_is_laid_where_it_belongs() -> None:
    shifted = evidence(VIN[3:] + "4BK", 0.9)
    shifted[14:] = 1 / len(ALPHABET)
    car = fused(reading(evidence(VIN, 0.8), 0.5), reading(evidence(VIN, 0.8), 0.5), reading(shifted, 0.1))
    assert car.vin == VIN
    assert car.photos[2].part == "outvoted"
    word = car.slots[8].words[2]
    assert word is not None and (word.character, word.slot) == (VIN[8], 5)
    assert car.slots[0].words[2] is None and 2 not in car.slots[0].vouched


def test_a_photo_of_nothing_like_it_poisons_nobody() -> None:
    rng = np.random.default_rng(5)
    noise = rng.dirichlet(np.full(len(ALPHABET), 0.1), LENGTH).astype(np.float32)
    alone = fused(reading(evidence(VIN), 0.93), reading(evidence(VIN), 0.93))
    car = fused(reading(evidence(VIN), 0.93), reading(noise, 0.02), reading(evidence(VIN, 0.96), 0.93))
    assert (car.vin, car.status) == (VIN, "accepted")
    assert car.confidence > alone.confidence - 0.05
    assert car.photos[1].part == "unclear"
    assert all(1 not in slot.vouched and slot.words[1] is None for slot in car.slots)


def row(text: str, sure: float = 0.97) -> Reading:
    """A photo on which a row was read that is no VIN: a label's other words."""
    read = reading(evidence(text, sure), 0.9)
    assert read.chosen is not None
    return Reading(None, "no_vin", 0.0, "not_applicable", others=(read.chosen,))


WORDS = "TYE444122VW21500G"


def test_rows_that_are_no_vin_make_none_however_many_photos_show_them() -> None:
    views = [evidence(WORDS, sure) for sure in (0.97, 0.96, 0.95)]
    rows = [replace(row(WORDS), others=(reading(view).chosen,)) for view in views]  # type: ignore[arg-type]
    car = fused(reading(evidence(VIN), 0.95), *rows)
    assert (car.vin, car.status, car.confidence) == (VIN, "accepted", 0.95)
    assert [photo.part for photo in car.photos] == ["agrees", "nothing", "nothing", "nothing"]
    assert not car.others
    weak = fused(reading(evidence(VIN, 0.6), 0.4), *rows)
    assert (weak.vin, weak.status) == (VIN, "review") and weak.confidence == 0.4


def test_an_unclear_photo_does_not_make_a_sure_one_unsure() -> None:
    alone = fused(reading(evidence(VIN), 0.99))
    rng = np.random.default_rng(5)
    noise = rng.dirichlet(np.full(len(ALPHABET), 0.1), LENGTH).astype(np.float32)
    for other in (row(WORDS, 0.5), reading(noise, 0.02), reading(None)):
        car = fused(reading(evidence(VIN), 0.99), other)
        assert (car.vin, car.status, car.confidence) == (VIN, "accepted", alone.confidence)
    both = fused(reading(evidence(VIN), 0.99), reading(evidence(VIN, 0.9), 0.3))
    assert both.confidence >= 0.99


def test_a_photo_without_a_vin_of_its_own_helps_where_it_shows_this_one() -> None:
    hidden = evidence(VIN, unsure=dict.fromkeys(range(5), ("X", 0.9)))
    blurred = reading(evidence(VIN, unsure={12: ("8", 0.8)}), 0.4)
    assert fused(blurred).vin != VIN
    helper = Reading(None, "no_vin", 0.0, "not_applicable", others=(reading(hidden).chosen,))  # type: ignore[arg-type]
    car = fused(blurred, helper)
    assert car.vin == VIN and 1 in car.slots[12].vouched


def test_a_photo_without_a_vin_is_nobodys_other_vin() -> None:
    car = fused(reading(evidence(VIN), 0.99), reading(evidence(OTHER), 0.6), row(OTHER, 0.6))
    assert car.others == ((OTHER, (1,)),)
    assert [photo.part for photo in car.photos] == ["agrees", "other", "nothing"]
    assert car.confidence >= 0.45


def test_two_cars_stay_two_whatever_a_bar_code_says() -> None:
    code = BarCode("Code 39", VIN, Quad.from_box((0, 0, 170, 12)))
    car = fused(reading(evidence(VIN), 0.95, (code,)), reading(evidence(OTHER), 0.94))
    assert car.status == "review" and car.confidence <= 0.5


def test_two_vins_are_told_and_never_averaged() -> None:
    car = fused(reading(evidence(VIN), 0.95), reading(evidence(OTHER), 0.94))
    assert car.vin == VIN
    assert car.others == ((OTHER, (1,)),)
    assert car.status == "review"
    assert car.confidence <= 0.5
    assert [photo.part for photo in car.photos] == ["agrees", "other"]


def test_most_photos_say_which_car_it_is() -> None:
    neighbour = VIN[:12] + "59914"
    photos = [evidence(neighbour), evidence(VIN), evidence(VIN, 0.95)]
    car = fused(*(reading(view, 0.95) for view in photos))
    assert (car.vin, car.status) == (VIN, "review")
    assert car.others == ((neighbour, (0,)),)


def test_two_photos_outvote_a_third_whose_front_was_misread() -> None:
    cut = VIN[1:5] + "7H" + VIN[6:]  # two characters lost, two invented: half sure of something else
    two = [reading(evidence(VIN), 0.9), reading(evidence(VIN, 0.95), 0.9)]
    car = fused(*two, reading(evidence(cut), 0.8))
    assert [photo.part for photo in car.photos] == ["agrees", "agrees", "outvoted"]
    assert (car.vin, car.others, car.status) == (VIN, (), "accepted")
    # Not one that is sure, nor another year or serial number, nor one against one.
    for other, sure in ((cut, 0.95), (VIN[:9] + "J" + "P542788", 0.8), (VIN[:12] + "59914", 0.8)):
        assert fused(*two, reading(evidence(other), sure)).others == ((other, (2,)),)
    alone = fused(two[0], reading(evidence(cut), 0.8))
    assert alone.others == ((cut, (1,)),) and alone.status == "review"


def test_two_cars_of_a_fleet_are_told_by_the_vins_that_they_have() -> None:
    """One photo surer in front, one behind: the VIN that mixes both is nobody's."""
    one, other = "WVWZZZ1KZ6W079426", "WVWZZZ3CZ6P079518"
    front = evidence(one, 0.97)
    front[11:] = evidence(one, 0.8)[11:]
    behind = evidence(other, 0.97)
    behind[:11] = evidence(other, 0.8)[:11]
    car = fused(reading(front, 0.9), reading(behind, 0.8))
    assert (car.vin, car.others) == (one, ((other, (1,)),))


def test_a_days_photos_of_many_cars_are_sorted_by_what_they_are_sure_of() -> None:
    """Twenty cars and a few photos of one of them: each is told, and it does not take minutes."""
    rng = np.random.default_rng(8)
    plates = ["XW8ZZZ1KZAG" + "".join(rng.choice(list("0123456789"), 6)) for _ in range(20)]
    assert len(set(plates)) == 20
    readings = [reading(evidence(text, 0.999), 0.99) for text in plates]
    readings += [
        reading(evidence(VIN, sure), confidence)
        for sure, confidence in ((0.9, 0.95), (0.8, 0.93), (0.6, 0.5))
    ]
    car = fused(*readings)
    assert car.vin == VIN and car.status == "review"
    assert [photo.part for photo in car.photos[20:]] == ["agrees"] * 3
    assert {vin for vin, _ in car.others} == set(plates)


def test_a_check_digit_that_binds_and_fails_is_for_a_person() -> None:
    wrong = VIN[:8] + "1" + VIN[9:]
    car = fused(reading(evidence(wrong, 0.999), 0.99), reading(evidence(wrong, 0.998), 0.99))
    assert (car.vin, car.status, car.check_digit) == (wrong, "review", "invalid")


def test_the_same_picture_twice_counts_once() -> None:
    view = evidence(VIN, unsure={16: ("B", 0.55)})
    once, twice = fused(reading(view, 0.4)), fused(reading(view, 0.4), reading(view.copy(), 0.4))
    assert twice.photos[1].part == "same"
    assert twice.confidence == once.confidence == pytest.approx(0.4)
    assert twice.vin == once.vin
    assert twice.status == "review"


def test_what_is_known_of_vins_counts_once() -> None:
    # Two photos cannot tell 8 from B; cars like this one end in B. Were that heard per photo, it would win.
    views = [evidence(VIN, unsure={16: ("B", 0.4)}), evidence(VIN, unsure={16: ("B", 0.41)})]
    rules = Rules(learn_prior([VIN[:16] + "B"] * 3), 0.8, 0.0, 0.0)
    readings = [reading(view, 0.4) for view in views]
    plain = fuse_photos(readings, Rules(), SETTINGS).slots[16]
    once = fuse_photos(readings, rules, SETTINGS).slots[16]
    repeated = fuse_photos([*readings, reading(None)], rules, SETTINGS).slots[16]
    assert once.confidence == pytest.approx(repeated.confidence)
    odds = [
        np.log(slot.confidence / (1 - slot.confidence)) * (1 if slot.character == "8" else -1)
        for slot in (plain, once)
    ]
    step = 0.8 * (rules.prior.log("8", VIN[:16]) - rules.prior.log("B", VIN[:16]))  # type: ignore[union-attr]
    assert odds[1] - odds[0] == pytest.approx(step, abs=0.35)


def test_no_photo_shows_anything() -> None:
    car = fused(reading(None), reading(None))
    assert (car.vin, car.status, car.slots) == (None, "no_vin", ())
    assert [photo.part for photo in car.photos] == ["nothing", "nothing"]


def test_readings_of_old_records_say_nothing_and_break_nothing() -> None:
    old = reading(evidence(OTHER), 0.9)
    assert old.chosen is not None
    old = replace(old, chosen=replace(old.chosen, evidence=None))
    car = fused(old, reading(evidence(VIN), 0.93))
    assert (car.vin, car.confidence) == (VIN, 0.93)
    assert [photo.part for photo in car.photos] == ["nothing", "agrees"]


def test_bar_codes_are_heard_too() -> None:
    quad = Quad.from_box((0, 0, 9, 9))
    view = evidence(VIN, unsure={16: ("B", 0.5)})
    agreed = fused(reading(view, 0.4, (BarCode("Code 39", VIN, quad),)), reading(evidence(VIN, 0.6), 0.3))
    assert (agreed.vin, agreed.status) == (VIN, "accepted")
    against = fused(
        reading(evidence(VIN), 0.95, (BarCode("Code 39", OTHER, quad),)), reading(evidence(VIN, 0.9), 0.95)
    )
    assert (against.vin, against.status) == (VIN, "review")


def test_json_names_photos_and_keeps_its_shape() -> None:
    car = fused(reading(evidence(VIN), 0.95), reading(None))
    told = car.to_json(["a.jpg", "<b>.jpg"])
    assert [photo["photo"] for photo in told["photos"]] == ["a.jpg", "<b>.jpg"]
    assert len(told["characters"]) == LENGTH
    first = told["characters"][0]
    assert first["character"] == "1" and first["vouched"] == [0]
    assert first["photos"][0][0] == "1" and first["photos"][0][2] == 0 and first["photos"][1] is None


def test_the_command_line_tells_who_vouched() -> None:
    first = reading(evidence(VIN, unsure={3: ("6", 0.7)}), 0.4)
    told = car_lines(fused(first, reading(evidence(VIN, 0.9), 0.9), reading(evidence(OTHER), 0.95)))
    assert told[0].startswith(f"one car\t{VIN}\treview\t0.")
    assert told[1:] == [
        f"photo 1\t{VIN[:3]}.{VIN[4:]}\toutvoted",
        f"photo 2\t{VIN}\tagrees",
        f"photo 3\t{'.' * LENGTH}\tother",
        f"another VIN\t{OTHER}\tphoto 3",
    ]


def test_the_sum_over_alignments_is_at_least_the_plain_one() -> None:
    doubt = Doubt()
    ratio, texts = ratios(evidence(VIN), doubt), encoded([VIN, OTHER, VIN[1:] + "1"])
    found = likelihoods(ratio, texts, doubt.gap)
    plain = np.prod(ratio[np.arange(LENGTH), texts[0]])
    assert found[0] == pytest.approx(plain, rel=1e-3)
    assert found[0] > 1e3 * found[2] > 1e3 * found[1]
    assert places(ratio, texts[0], doubt.gap) == list(range(LENGTH))
    assert places(ratio, texts[2], doubt.gap)[:16] == list(range(1, LENGTH))

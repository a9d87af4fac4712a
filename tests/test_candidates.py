"""Why a line was chosen, and what a person points at instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.choose import TERMS, choose, terms, weigh
from core.geometry import Quad
from core.recognize.prior import learn_prior
from core.records import Candidate, Line, Reading, Slot, SlotPosteriors
from core.vin import check_digit_status
from pages.widgets import candidates, guided, overlay
from pages.widgets.sources import Source

VIN = "1M8GDM9AXKP042788"


def candidate(
    text: str = VIN, sure: float = 0.99, length: float = -0.2, belief: float = 0.8, top: float = 10
) -> Candidate:
    slots = tuple(Slot(c, sure, (), 0, (place / 17, (place + 1) / 17)) for place, c in enumerate(text))
    said = SlotPosteriors(np.full((17, 33), 1 / 33, np.float32), np.zeros((17, 2), np.float32), length, text)
    return weigh(Line((Quad.from_box((10, top, 170, 12)),), belief), slots, {"ctc": said})


def reading(*lines: Candidate, least: float = -60.0) -> Reading:
    chosen, others = choose(lines, least)
    return Reading(chosen.text if chosen else None, "review", 0.5, "valid", chosen, others)


@pytest.mark.parametrize("text", [VIN, "1M8GDM9A1KP042788", "XW8ZZZ1KZAG501915"])
def test_the_terms_add_up_to_the_score(text: str) -> None:
    one = candidate(text, 0.9, -1.5, 0.6)
    found = terms(one)
    assert tuple(found) == TERMS
    assert sum(found.values()) == pytest.approx(one.score)
    assert found["length"] == pytest.approx(-1.5)
    assert found["detector"] == pytest.approx(np.log(0.6))


@pytest.mark.parametrize(
    ("ctc", "yolo", "length"), [(-0.2, -60.0, -2.1), (-0.2, -1000.0, -2.1), (-90.0, -60.0, -4.0)]
)
def test_a_reader_that_gives_up_does_not_outvote_one_that_is_sure(
    ctc: float, yolo: float, length: float
) -> None:
    one = candidate()
    blank = np.full((17, 33), 1 / 33, np.float32), np.zeros((17, 2), np.float32)
    said = {"ctc": SlotPosteriors(*blank, ctc, VIN), "yolo": SlotPosteriors(*blank, yolo, "")}
    assert terms(weigh(one.line, one.slots, said))["length"] == pytest.approx(length)


def test_one_at_the_start_gains_nothing_over_the_j_of_makers_that_keep_a_check_digit() -> None:
    japanese, american, wrong = "JN1CA21D4TT173601", "1N1CA21D4TT173601", "JN1CA21D5TT173601"
    assert check_digit_status(japanese) == "not_applicable" and check_digit_status(american) == "valid"
    prior = learn_prior([japanese] * 30 + ["X9L212300M0750905"] * 30)

    def digit(text: str) -> float:
        one = candidate(text)
        blank = np.full((17, 33), 1 / 33, np.float32), np.zeros((17, 2), np.float32)
        found = weigh(one.line, one.slots, {"ctc": SlotPosteriors(*blank, -0.2, text)}, prior=prior)
        assert found.score == pytest.approx(sum(terms(found).values()))
        return terms(found)["check digit"]

    assert digit(japanese) == digit(american) == 1.0
    assert digit(wrong) < 0
    # Its maker's digits are no check digits: one that agrees by chance is worth nothing.
    assert digit("X9L212305M0750905") < 0.5


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"sure": 0.6}, "characters that are surer"),
        ({"length": -14.0}, "its length"),
        ({"belief": 0.01}, "the detector's belief"),
        ({"text": "1M8GDM9A1KP042788"}, "the check digit"),
    ],
)
def test_what_decided_is_told(other: dict, word: str) -> None:
    told = candidates.why(reading(candidate(), candidate(**other, top=60)))
    assert told.startswith("Number 1 was taken") and word in told


def test_one_line_none_and_none_that_fits_are_told() -> None:
    assert "only line" in candidates.why(reading(candidate()))
    assert "no line" in candidates.why(reading())
    assert candidates.why(reading(candidate(sure=0.1), least=-5)).startswith("None was taken")


def test_the_line_on_show_is_drawn_as_the_one_that_counts() -> None:
    found = reading(candidate(), candidate(sure=0.6, top=60))
    grey = np.full((100, 200, 3), 128, np.uint8)
    blue = np.array(overlay.TAKEN)

    def rows(picture: np.ndarray) -> np.ndarray:
        return np.unique(np.nonzero((np.abs(picture.astype(int) - blue) < 40).all(axis=2))[0])

    assert rows(overlay.draw(grey, found, 1.0)).max() < 40
    pointed = rows(overlay.draw(grey, found, 1.0, found.others[0]))
    assert pointed.min() > 40


def test_numbers_of_lines_that_lie_together_stand_apart() -> None:
    grounds: list[overlay.Ground] = []
    for number, (left, top) in enumerate([(50, 60), (52, 62), (49, 55), (51, 200), (300, 60)], start=1):
        quad = Quad.from_box((left, top, 170, 12))
        grounds.append(overlay.ground_of(quad, number, grounds, 640))
    for place, (left, top, right, bottom) in enumerate(grounds):
        for other in grounds[:place]:
            assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
    assert [ground[0] for ground in (grounds[0], grounds[3], grounds[4])] == [46, 47, 296]
    turned = Quad.from_box((400, 60, 238, 12)).turned()
    assert overlay.ground_of(turned, 1, [], 640)[2] == 640  # its text begins at the photo's edge


def test_what_is_pointed_at_counts_even_where_it_reads_poorly() -> None:
    class Script:
        regions: list = []  # noqa: RUF012

        def read(self, _source: bytes, region: Quad | None = None) -> Reading:
            self.regions.append(region)
            return Reading(VIN, "review", 0.1, "valid")

    reader, quad = Script(), Quad.from_box((1, 2, 30, 4))
    assert guided.read(reader, b"", quad, pointed=True).confidence == 0.1
    assert reader.regions == [quad]


def test_a_place_is_kept_for_its_photo_until_it_is_taken_back() -> None:
    def page() -> None:
        import streamlit as st

        from core.geometry import Quad
        from pages.widgets import candidates
        from pages.widgets.sources import Source

        one, other = Source("a", b"", "a" * 64), Source("b", b"", "b" * 64)
        candidates.point(one.sha256, Quad.from_box((1, 2, 30, 4)))
        st.text(f"{candidates.applied(one).pointed} {candidates.applied(other).pointed}")
        candidates.point(one.sha256, None)
        st.text(f"{candidates.applied(one).pointed}")

    at = AppTest.from_function(page).run()
    assert [text.value for text in at.text] == ["True False", "False"]


def test_another_place_is_another_reading() -> None:
    quad = Quad.from_box((1, 2, 30, 4))
    keys = {
        Source("a", b"", "a").key,
        Source("a", b"", "a", quad).key,
        Source("a", b"", "a", quad, True).key,
        Source("a", b"", "a", quad.turned(), True).key,
    }
    assert len(keys) == 4


def test_a_line_that_was_looked_at_twice_is_listed_once_and_a_silent_one_never() -> None:
    first, again, elsewhere = candidate(), candidate(), candidate(top=80)
    silent = replace(candidate("X" * 17, top=150), readers={"ctc": ""})
    found = Reading(VIN, "review", 0.5, "valid", chosen=first, others=(again, elsewhere, silent))
    assert overlay.ranked(found) == [first, elsewhere]

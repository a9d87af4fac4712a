"""Characters of one line compared with each other, and what that says of a VIN that photos leave in doubt."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from test_several import SETTINGS, VIN, evidence, reading

from core.cli.read import car_lines
from core.geometry import Quad
from core.recognize.glyphs import HEIGHT, STRIP, WIDTH, Glyphs, Look, cells
from core.recognize.rules import Rules
from core.records import Line, Photo, Slot
from core.rectify import rectify
from core.several import CarReading, Doubt, SecondLook, fuse_photos
from core.several.align import encoded, ratios
from core.several.shapes import MOST, WEIGHT, laid_out, likeness, read_again
from core.synth.strips import StripConfig, SyntheticStrip, synthetic_strip
from core.vin import ALPHABET, LENGTH, confusable_with

CLEAN = StripConfig(*STRIP, smallest=14, largest=18, jitter=0.0, bent=0.0, confusable=0.9)


@cache
def drawn(number: int) -> SyntheticStrip:
    return synthetic_strip(np.random.default_rng([61, number]), CLEAN)


def centres(strip: SyntheticStrip) -> np.ndarray:
    return STRIP[0] * strip.extents.mean(axis=1)


def test_a_cell_shows_its_character_at_the_scale_of_all() -> None:
    grey = np.full((48, 320), 10, np.uint8)
    middles = np.linspace(20, 300, LENGTH)
    for middle in middles:
        grey[12:36, round(middle) - 3 : round(middle) + 4] = 200
    shown = cells(grey, middles)
    assert shown.shape == (LENGTH, HEIGHT, WIDTH) and shown.dtype == np.uint8
    dark, bright = shown[:, 2].astype(int), shown[:, HEIGHT // 2].astype(int)
    assert dark.max() < 40 and (bright[:, WIDTH // 2] > 180).all()
    # 17.5 pixels from one to the next: 7 of them are ink, 26 are in the picture.
    assert np.abs((bright > 105).sum(axis=1) - 7 / 26.25 * WIDTH).max() <= 2
    assert np.abs(shown[0].astype(int) - shown[-1]).mean() < 12


def test_a_line_of_no_width_is_no_error() -> None:
    assert cells(np.zeros((48, 320), np.uint8), np.full(LENGTH, 5.0)).shape == (LENGTH, HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def glyphs() -> Glyphs:
    return Glyphs.load()


def look(glyphs: Glyphs, strip: SyntheticStrip) -> Look:
    """At a drawn line, found exactly."""
    pixels = np.repeat(strip.pixels[..., None], 3, axis=2)
    edge = STRIP[1] / 6
    quad = Quad.from_box((edge, edge, STRIP[0] - 2 * edge, STRIP[1] - 2 * edge))
    inside = (STRIP[0] * strip.extents - quad.corners[0, 0]) / quad.length
    slots = [Slot("A", 0.9, (), 0, (float(a), float(b))) for a, b in inside]
    return glyphs.look(rectify(Photo(pixels), Line((quad,), 1.0)), slots)


def test_the_champion_tells_the_same_from_what_is_mixed_up(glyphs: Glyphs) -> None:
    same, apart, read = [], [], []
    for number in range(40):
        strip = drawn(number)
        told = look(glyphs, strip)
        assert np.array_equal(told.same, told.same.T) and not told.same.diagonal().any()
        assert np.allclose(told.characters.sum(axis=1), 1)
        best = [ALPHABET[place] for place in told.characters.argmax(axis=1)]
        read += [one == other for one, other in zip(best, strip.text, strict=True)]
        for one in range(LENGTH):
            for other in range(one):
                if strip.text[one] == strip.text[other]:
                    same.append(told.same[one, other])
                elif strip.text[other] in confusable_with(strip.text[one]):
                    apart.append(told.same[one, other])
    assert len(same) > 150 and len(apart) > 150
    assert np.mean(np.array(same) > 0) > 0.9 and np.mean(np.array(apart) < 0) > 0.9
    assert np.mean(read) > 0.9


def test_light_and_contrast_of_a_line_do_not_matter(glyphs: Glyphs) -> None:
    strip = drawn(3)
    dim = replace(strip, pixels=(60 + 0.5 * strip.pixels).astype(np.uint8))
    assert np.abs(look(glyphs, strip).same - look(glyphs, dim).same).mean() < 0.5


def off_diagonal(values: np.ndarray) -> np.ndarray:
    return values[~np.eye(len(values), dtype=bool)]


def test_likenesses_follow_the_slots_that_show_them() -> None:
    same = np.arange(LENGTH**2, dtype=float).reshape(LENGTH, LENGTH) / LENGTH**2
    text = encoded([VIN])[0]
    whole = ratios(evidence(VIN, 0.99), Doubt())
    laid = laid_out(same, whole, text, 0.01)
    assert np.allclose(off_diagonal(laid), off_diagonal(same)) and np.isnan(laid.diagonal()).all()
    late = ratios(evidence("A" + VIN[:-1], 0.99), Doubt())  # one more before it, the last one lost
    laid = laid_out(same, late, text, 0.01)
    assert np.allclose(off_diagonal(laid[:-1, :-1]), off_diagonal(same[1:, 1:]))
    assert np.isnan(laid[-1]).all() and np.isnan(laid[:, -1]).all()
    assert np.nanmax(np.abs(laid_out(100 * same - 50, whole, text, 0.01))) == MOST


REST = "CEFGHJKLMNPRSTV"[: LENGTH - 4]
ALIKE_3 = ["00D" + REST + "W", "000" + REST + "W", "ABC" + REST + "W"]
"""Slots 1 and 2 are 0s; is slot 3 a D or a third one?"""


def liked(ratios_of: dict[tuple[int, int], float]) -> np.ndarray:
    laid = np.zeros((LENGTH, LENGTH))
    for (one, other), ratio in ratios_of.items():
        laid[one, other] = laid[other, one] = ratio
    np.fill_diagonal(laid, np.nan)
    return laid


def test_a_third_that_looks_like_two_is_believed() -> None:
    laid = liked({(0, 1): 4.0, (0, 2): 1.5, (1, 2): 1.5})
    assert likeness(ALIKE_3[:2], [laid]).tolist() == pytest.approx([0.0, WEIGHT * 1.5])
    against = liked({(0, 1): 4.0, (0, 2): -3.0, (1, 2): -2.0})
    assert likeness(ALIKE_3[:2], [against])[1] == pytest.approx(WEIGHT * -2.5)


def test_what_nobody_shows_speaks_neither_for_nor_against() -> None:
    laid = liked({(0, 1): 4.0})
    laid[2] = laid[:, 2] = np.nan
    assert likeness(ALIKE_3[:2], [laid]).tolist() == [0.0, 0.0]
    seen = liked({(0, 1): 4.0, (0, 2): 3.0, (1, 2): 3.0})
    assert likeness(ALIKE_3[:2], [laid, seen])[1] == pytest.approx(WEIGHT * 3.0 / 2**0.5)


def test_of_two_likenesses_the_stronger_wins() -> None:
    torn = ["8BB8" + "CEFGHJKLMNPRS", "BBB8" + "CEFGHJKLMNPRS"]
    laid = liked({(0, 1): 2.0, (0, 2): 2.0, (1, 2): 3.0, (0, 3): 1.5})
    assert likeness(torn, [laid])[1] == pytest.approx(WEIGHT * 0.5)


def test_the_closer_look_is_heard_beside_the_readers() -> None:
    look = Look(np.zeros((LENGTH, LENGTH)), evidence(VIN, 0.9).astype(float))
    heard = read_again(TORN[0], look).chosen
    assert heard is not None and heard.evidence is not None
    before = TORN[0].chosen
    assert before is not None and before.evidence is not None
    b, m = ALPHABET.index("B"), ALPHABET.index("M")
    assert heard.evidence[5, m] / heard.evidence[5, b] > 2 * before.evidence[5, m] / before.evidence[5, b]
    assert np.allclose(heard.evidence.sum(axis=1), 1, atol=1e-5)
    unread = reading(None)
    assert read_again(unread, look) == unread


B_FOR_M = {5: ("B", 0.6)}
TORN = [reading(evidence(VIN, sure, unsure=B_FOR_M), 0.4) for sure in (0.97, 0.96)]
RULES = Rules(None)


NOTHING = np.full((LENGTH, len(ALPHABET)), 1 / len(ALPHABET))


def like(slot: int, other: int, ratio: float) -> Look:
    same = np.zeros((LENGTH, LENGTH))
    same[slot, other] = same[other, slot] = ratio
    return Look(same, NOTHING)


def joined(look: SecondLook | None) -> CarReading:
    return fuse_photos(TORN, RULES, SETTINGS, look_again=lambda _: look)


def test_another_character_of_the_plate_decides() -> None:
    """Two photos rather read B in slot 6; it looks like the M of slot 2, as both of them show."""
    looks = {0: like(5, 1, 3.0), 1: like(5, 1, 3.0)}
    assert VIN[1] == VIN[5] == "M" and joined(None).vin == VIN[:5] + "B" + VIN[6:]
    told = joined(SecondLook(None, looks=looks))
    assert (told.vin, told.status) == (VIN, "review") and told.confidence <= 0.9
    assert told.compared == (5,) and told.stacked == ()
    assert told.to_json(["a.jpg", "b.jpg"])["compared"] == [5]
    assert "in doubt\tcharacter 6 told by a closer look, beside others of the same plate" in car_lines(told)
    one = SecondLook(None, looks={1: like(5, 1, 4.0)})
    assert joined(one).vin == VIN  # the other photo is gone meanwhile


def test_a_closer_look_at_the_character_decides() -> None:
    looks = {k: Look(np.zeros((LENGTH, LENGTH)), evidence(VIN, 0.99).astype(float)) for k in (0, 1)}
    told = joined(SecondLook(None, looks=looks))
    assert (told.vin, told.status, told.compared) == (VIN, "review", (5,))


def test_looks_that_say_nothing_change_nothing() -> None:
    none = Look(np.zeros((LENGTH, LENGTH)), NOTHING)
    for looks in ({}, {0: none, 1: none}, {0: like(5, 1, -3.0)}, {0: like(7, 12, 0.1)}):
        assert joined(SecondLook(None, looks=looks)) == joined(None)


def test_beside_a_stack_only_what_the_closer_look_changed_is_told() -> None:
    stacked = reading(evidence(VIN[:6] + "8" + VIN[7:], 0.6, unsure=B_FOR_M), 0.5)
    told = joined(SecondLook(stacked, (0, 1), {0: like(5, 1, 4.0), 1: like(5, 1, 4.0)}))
    assert told.vin == VIN and told.compared == (5,) and told.stacked == (0, 1)
    assert joined(SecondLook(reading(evidence(VIN, 0.999), 0.9), (0, 1))).compared == ()


def test_what_the_stack_spoils_and_the_closer_look_mends_is_no_change() -> None:
    torn = [reading(evidence(VIN, sure, unsure=B_FOR_M | {6: ("8", 0.45)}), 0.4) for sure in (0.97, 0.96)]
    stacked = reading(evidence(VIN[:6] + "8" + VIN[7:], 0.8, unsure=B_FOR_M), 0.5)
    looks = {k: Look(np.zeros((LENGTH, LENGTH)), evidence(VIN, 0.99999).astype(float)) for k in (0, 1)}

    def vin_and_compared(look: SecondLook | None) -> tuple[str | None, tuple[int, ...]]:
        told = fuse_photos(torn, RULES, SETTINGS, look_again=lambda _: look)
        return told.vin, told.compared

    assert vin_and_compared(None) == (VIN[:5] + "B" + VIN[6:], ())
    assert vin_and_compared(SecondLook(stacked, (0, 1))) == (VIN[:5] + "B8" + VIN[7:], ())
    assert vin_and_compared(SecondLook(stacked, (0, 1), looks)) == (VIN, (5,))

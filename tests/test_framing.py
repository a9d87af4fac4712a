"""The line of a reading is set to its characters, and nothing else about it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.framing import ROOM, framed, inside, unframed
from core.geometry import Quad
from core.records import Candidate, Line, Slot
from core.vin import LENGTH

VIN = "XW8ZZZ1KZAG501915"


def candidate(start: float, end: float, quad: Quad) -> Candidate:
    step = (end - start) / LENGTH
    slots = tuple(Slot(c, 0.9, (), 0, (start + k * step, start + (k + 1) * step)) for k, c in enumerate(VIN))
    return Candidate(Line((quad,), 0.9), slots, {"ctc": VIN}, -0.5, "")


def test_the_line_ends_one_pitch_beyond_the_first_and_the_last_character() -> None:
    quad = Quad.from_box((100.0, 40.0, 200.0, 20.0))
    found = framed(candidate(0.25, 1.0, quad))
    left, top, width, height = found.line.parts[0].bounds()
    text = 0.75 * 200
    np.testing.assert_allclose((left, top), (150 - ROOM * text, 40))
    np.testing.assert_allclose((width, height), (text * (1 + 2 * ROOM), 20))


def test_the_characters_stay_where_they_are_in_the_photo() -> None:
    quad = Quad(np.array([[10.0, 10], [200, 40], [195, 60], [8, 25]]))
    before = candidate(0.1, 0.95, quad)
    after = framed(before)
    for old, new in zip(before.slots, after.slots, strict=True):
        for a, b in zip(old.extent, new.extent, strict=True):
            middle = [before.line.parts[0].to_photo(np.array([[a, 0.5]]))]
            middle.append(after.line.parts[0].to_photo(np.array([[b, 0.5]])))
            np.testing.assert_allclose(middle[0], middle[1], atol=0.5)
    assert after.text == before.text and after.score == before.score


def test_unframed_gives_the_line_from_the_first_character_to_the_last() -> None:
    quad = Quad.from_box((100.0, 40.0, 200.0, 20.0))
    tight = unframed(framed(candidate(0.25, 1.0, quad)))
    np.testing.assert_allclose(tight.parts[0].bounds(), (150, 40, 150, 20))


def test_a_line_that_cuts_its_first_character_is_made_longer() -> None:
    quad = Quad.from_box((100.0, 40.0, 200.0, 20.0))
    late = candidate(-0.05, 1.02, quad)
    found = framed(late)
    assert found.line.parts[0].bounds()[0] < 100 - 0.05 * 200
    widths = [slot.extent[1] - slot.extent[0] for slot in found.slots]
    np.testing.assert_allclose(widths, widths[8])
    cut = inside(late).slots
    assert cut[0].extent == (0.0, late.slots[0].extent[1]) and cut[-1].extent[1] == 1.0
    assert [slot.extent for slot in cut[1:-1]] == [slot.extent for slot in late.slots[1:-1]]


def test_a_line_in_two_parts_and_one_of_crowded_extents_stay() -> None:
    quad = Quad.from_box((0.0, 0.0, 100.0, 10.0))
    crowded = candidate(0.3, 0.6, quad)
    assert framed(crowded) is crowded and unframed(crowded) is crowded.line
    parted = replace(crowded, line=Line((quad, quad), 0.9))
    assert framed(parted) is parted

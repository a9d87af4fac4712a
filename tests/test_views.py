"""A closer look at a line: what is found in the cut-out lies at the same place in the photo."""

from __future__ import annotations

import numpy as np
import pytest

from core.detect.views import REACH, surroundings
from core.geometry import Quad
from core.records import Line, Photo


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_what_is_found_there_is_told_in_the_photo(scale: float) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (600, 900, 3)).astype(np.uint8)
    photo = Photo(pixels, scale)
    quad = Quad.from_line((420 / scale, 300 / scale), 160 / scale, 14 / scale, 0.2)
    view = surroundings(photo, Line((quad,), 1.0))
    assert view is not None
    rows, columns = view.photo.pixels.shape[:2]
    assert max(rows, columns) == pytest.approx(160 * REACH, rel=0.1)
    here = Quad(quad.corners - np.array(view.offset))
    assert view.in_photo(Line((here,), 1.0)).parts[0].corners == pytest.approx(quad.corners, abs=1e-3)
    left, top = (round(value * scale) for value in view.offset)
    assert (view.photo.pixels == pixels[top : top + rows, left : left + columns]).all()


def test_at_the_edge_the_cut_out_ends_with_the_photo() -> None:
    photo = Photo(np.zeros((600, 900, 3), np.uint8))
    view = surroundings(photo, Line((Quad.from_line((80, 8), 150, 14, 0.0),), 1.0))
    assert view is not None and view.offset == (0, 0)


def test_a_line_across_the_photo_needs_no_closer_look() -> None:
    photo = Photo(np.zeros((200, 300, 3), np.uint8))
    assert surroundings(photo, Line((Quad.from_line((150, 100), 240, 20, 0.0),), 1.0)) is None

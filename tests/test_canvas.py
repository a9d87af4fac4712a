"""The canvas over a photo: what is drawn on an enlarged cut-out lies where it was drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.geometry import Quad
from core.images import from_array
from core.records import Photo
from pages.widgets import canvas
from pages.widgets.canvas import Window

WHOLE = Window(0, 0, 0.5, (320, 240))


class TestTheWindow:
    def test_the_whole_photo_fits(self) -> None:
        window = Window.of((4000, 3000), (900, 470), 1, (2000, 1500))
        assert window.size == (627, 470) and (window.left, window.top) == (0, 0)
        assert window.seen == pytest.approx((4000, 3000), rel=2e-3)

    @pytest.mark.parametrize("centre", [(0, 0), (700, 2900), (4000, 3000)])
    def test_it_never_reaches_beyond_the_photo(self, centre: tuple[float, float]) -> None:
        window = Window.of((4000, 3000), (900, 470), 4, centre)
        assert window.size == (900, 470) and window.scale == pytest.approx(4 * 470 / 3000)
        assert window.left >= 0 and window.left + window.seen[0] <= 4000 + 1e-6
        assert window.top >= 0 and window.top + window.seen[1] <= 3000 + 1e-6

    def test_there_and_back(self) -> None:
        window = Window.of((4000, 3000), (900, 470), 8, (3100, 700))
        quad = Quad.from_line((3100, 700), 300, 40, 0.3)
        assert window.to_photo(window.to_page(quad)).corners == pytest.approx(quad.corners, abs=1e-2)

    @pytest.mark.parametrize(("zoom", "side"), [(1, 400), (1, 2000), (4, 400), (16, 2000)])
    @pytest.mark.parametrize("scale", [1.0, 0.5])
    def test_the_picture_shows_what_lies_there(self, zoom: int, side: int, scale: float) -> None:
        pixels = np.zeros((side, side, 3), np.uint8)
        dot = Quad.from_box((0.6 * side, 0.3 * side, 0.02 * side, 0.02 * side))
        left, top, width, height = (round(value) for value in dot.bounds())
        pixels[top : top + height, left : left + width] = 255
        photo = Photo(pixels, scale)  # the file's picture is larger where the scale is below 1
        quad = dot.scaled(1 / scale)
        window = Window.of(photo.size, (500, 400), zoom, tuple(quad.centre))
        rows, columns = np.nonzero(window.picture(photo)[..., 0] > 127)
        seen = window.to_page(quad).centre
        assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(seen, abs=1.0)

    def test_a_box_is_drawn_again_where_it_was(self) -> None:
        photo = from_array(np.zeros((480, 640, 3), np.uint8))
        quad = Quad.from_line((300, 200), 220, 30, -0.4)
        for zoom in (1, 4):
            window = Window.of(photo.size, (640, 480), zoom, (300, 200))
            again = canvas.region_of(canvas.drawing_of(quad, window), window)
            assert again is not None
            assert again.corners == pytest.approx(quad.corners, abs=0.05)


class TestWhatIsDrawn:
    def test_the_last_box_counts_in_pixels_of_the_photo(self) -> None:
        first = {"type": "Rect", "left": 1, "top": 2, "width": 90, "height": 9}
        last = {"type": "rect", "left": 10, "top": 20, "width": 50, "height": 10, "scaleX": 2, "scaleY": 1.5}
        found = canvas.region_of({"objects": [first, last]}, WHOLE)
        assert found is not None and found.bounds() == (20, 40, 200, 30)

    @pytest.mark.parametrize(
        ("text", "bounds"),
        [
            ("10, 20, 300, 40", (10, 20, 300, 40)),
            ("10 20.5 9999 40", (10, 20.5, 630, 40)),
            ("", None),
            ("10, 20, 300", None),
            ("700, 20, 300, 40", None),
            ("<b>10</b>, 20, 300, 4", None),
        ],
    )
    def test_a_region_can_be_typed(self, text: str, bounds: tuple[float, ...] | None) -> None:
        found = canvas.typed(text, (640, 480))
        assert (found.bounds() if found else None) == bounds

    def test_a_turned_box_keeps_its_direction(self) -> None:
        rect = {"type": "rect", "left": 100, "top": 50, "width": 80, "height": 10, "angle": 90}
        found = canvas.region_of({"objects": [rect]}, Window(0, 0, 1.0, (640, 480)))
        assert found is not None
        assert found.corners[1].tolist() == pytest.approx([100, 130])
        assert found.angle == pytest.approx(math.pi / 2)

    @pytest.mark.parametrize(
        "drawing",
        [None, "x", {}, {"objects": 3}, {"objects": [{"type": "path"}]}, {"objects": [{"type": "rect"}]},
         {"objects": [{"type": "rect", "left": "1", "top": 2, "width": 90, "height": 90}]},
         {"objects": [{"type": "rect", "left": math.inf, "top": 2, "width": 90, "height": 90}]}],
    )  # fmt: skip
    def test_anything_else_is_nothing(self, drawing: object) -> None:
        assert canvas.region_of(drawing, WHOLE) is None

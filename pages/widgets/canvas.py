"""A photo to draw on: where the VIN is, as a box. Zoomable, and for people without a mouse too.

The canvas itself (streamlit-drawable-canvas) knows no zoom, so it gets a cut-out of the photo, enlarged, and
what is drawn is told in the photo's pixels. A box that is there already is drawn again on each cut-out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import streamlit as st
from PIL import Image

from core.geometry import Quad
from core.records import Photo

SMALLEST = 8.0
"""Pixels of the page that a box must have on its shorter side."""

ZOOMS = (1, 2, 4, 8, 16)
"""How many times as large as the whole photo fits."""

STEP = 0.5
"""How far a press of an arrow goes, as a share of what is seen."""

TOOLS = 270
"""Pixels of the page for what stands beside the canvas."""

ARROWS = {"left": (-1, 0), "up": (0, -1), "down": (0, 1), "right": (1, 0)}

Mark = Callable[[np.ndarray, "Window"], np.ndarray]
"""Draws onto the picture of a window what is known already."""


@dataclass(frozen=True)
class Window:
    """The part of a photo that is seen.

    Attributes:
        left: of it in the photo, pixels of the upright file.
        top: the same.
        scale: pixels of the page per pixel of the upright file.
        size: ``(width, height)`` on the page.
    """

    left: float
    top: float
    scale: float
    size: tuple[int, int]

    @classmethod
    def of(
        cls, photo: tuple[int, int], box: tuple[int, int], zoom: float, centre: tuple[float, float]
    ) -> Window:
        """The window of a photo at a zoom, moved so that it does not reach beyond the photo.

        Args:
            photo: ``(width, height)`` in pixels of the upright file.
            box: largest ``(width, height)`` on the page.
            zoom: 1 shows the whole photo.
            centre: of the window, pixels of the upright file.
        """
        scale = min(box[0] / photo[0], box[1] / photo[1])
        size = (
            max(1, min(box[0], round(photo[0] * scale * zoom))),
            max(1, min(box[1], round(photo[1] * scale * zoom))),
        )
        scale *= zoom
        seen = (size[0] / scale, size[1] / scale)
        left, top = (
            min(max(middle - part / 2, 0.0), max(0.0, whole - part))
            for middle, part, whole in zip(centre, seen, photo, strict=True)
        )
        return cls(left, top, scale, size)

    @property
    def seen(self) -> tuple[float, float]:
        """Width and height of the part, pixels of the upright file."""
        return self.size[0] / self.scale, self.size[1] / self.scale

    @property
    def centre(self) -> tuple[float, float]:
        """Of the part, pixels of the upright file."""
        return self.left + self.seen[0] / 2, self.top + self.seen[1] / 2

    def to_page(self, quad: Quad) -> Quad:
        """A quad of the photo in pixels of the window's picture."""
        return Quad((quad.corners - np.array([self.left, self.top])) * self.scale)

    def to_photo(self, quad: Quad) -> Quad:
        """A quad of the window's picture in pixels of the photo."""
        return Quad(quad.corners / self.scale + np.array([self.left, self.top]))

    def picture(self, photo: Photo) -> np.ndarray:
        """What is seen, uint8 RGB of the window's size."""
        factor = self.scale / photo.scale
        # Pixel centres lie at +0.5 in continuous coordinates, but at whole numbers for warpAffine.
        shift = [-place * photo.scale * factor + (factor - 1) / 2 for place in (self.left, self.top)]
        matrix = np.array([[factor, 0, shift[0]], [0, factor, shift[1]]])
        source = photo.pixels
        if factor < 0.5:
            rows, columns = source.shape[:2]
            small = (max(1, round(columns * factor)), max(1, round(rows * factor)))
            source = cv2.resize(source, small, interpolation=cv2.INTER_AREA)
            matrix = np.array([[1.0, 0, -self.left * self.scale], [0, 1.0, -self.top * self.scale]])
        flags = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_LINEAR
        return cv2.warpAffine(source, matrix, self.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def draw_region(photo: Photo, known: Quad | None, mark: Mark, key: str, box: tuple[int, int]) -> Quad | None:
    """The photo with a canvas over it, zoom and arrows beside, and a field to type a box into.

    Args:
        photo: full resolution.
        known: the line as it is now; zoom begins there.
        mark: draws onto the photo what is known already.
        key: of the widgets; another photo, another key.
        box: largest ``(width, height)`` of the canvas, pixels of the page.

    Returns:
        The box that was drawn or typed last, in pixels of the upright photo; None where there is none.
    """
    # Here, because it can be imported in a running app only.
    from streamlit_drawable_canvas import st_canvas

    kept: dict[str, Any] = _kept(key, photo, known)
    window = Window.of(photo.size, box, ZOOMS[kept["zoom"]], kept["centre"])
    # Another cut-out is another canvas: what was drawn is put onto it.
    if kept["window"] != window:
        kept.update(window=window, count=kept["count"] + 1, start=drawing_of(kept["drawn"], window))
    with st.container(horizontal=True, gap="medium"):
        canvas = st_canvas(
            fill_color="rgba(0, 190, 255, 0.12)",
            stroke_width=2,
            stroke_color="#00beff",
            background_image=Image.fromarray(mark(window.picture(photo), window)),
            height=window.size[1],
            width=window.size[0],
            drawing_mode="rect",
            initial_drawing=kept["start"],
            key=f"{key}_{kept['count']}",
        )
        with st.container(width=TOOLS):
            _look(kept, photo, key, box)
            told = st.text_input(
                "Or type it: left, top, width, height",
                placeholder=_bounds(known, photo),
                help="Pixels of the photo; the grey numbers are the line as it is.",
                key=f"{key}_typed",
            )
    if canvas.json_data is not None:
        kept["drawn"] = region_of(canvas.json_data, window)
    return typed(told, photo.size) or kept["drawn"]


def forget(key: str) -> None:
    """The drawing and the zoom under this key."""
    st.session_state.pop(f"{key}_canvas", None)


def typed(text: str, size: tuple[int, int]) -> Quad | None:
    """A region without a mouse: ``left, top, width, height`` in pixels of the photo.

    Returns:
        None where the text is something else, or nothing of it lies in a photo of this ``size``.
    """
    numbers = re.findall(r"\d{1,6}(?:\.\d{1,3})?", text)
    if len(numbers) != 4:
        return None
    left, top, width, height = map(float, numbers)
    width, height = min(width, size[0] - left), min(height, size[1] - top)
    return Quad.from_box((left, top, width, height)) if min(width, height) >= SMALLEST else None


def region_of(drawing: object, window: Window) -> Quad | None:
    """The last rectangle of a drawing as Fabric.js tells it, turned ones too.

    Args:
        drawing: ``json_data`` of the canvas; the browser is not trusted.
        window: what the canvas shows.

    Returns:
        Pixels of the upright photo; None where nothing of use is drawn.
    """
    objects = drawing.get("objects") if isinstance(drawing, Mapping) else None
    drawn = [one for one in objects if isinstance(one, Mapping)] if isinstance(objects, list) else []
    rects = [one for one in drawn if str(one.get("type")).lower() == "rect"]
    quad = _quad(rects[-1]) if rects else None
    return window.to_photo(quad) if quad else None


def drawing_of(drawn: Quad | None, window: Window) -> dict[str, Any] | None:
    """The box as Fabric.js wants it, None where there is none."""
    if drawn is None:
        return None
    quad = window.to_page(drawn)
    left, top = (float(place) for place in quad.corners[0])
    rect = {
        "type": "rect", "originX": "left", "originY": "top", "left": left, "top": top,
        "width": quad.length, "height": quad.height, "angle": math.degrees(quad.angle),
        "fill": "rgba(0, 190, 255, 0.12)", "stroke": "#00beff", "strokeWidth": 2,
    }  # fmt: skip
    return {"version": "4.4.0", "objects": [rect]}


_FIELDS = {"left": 0, "top": 0, "width": 0, "height": 0, "scaleX": 1, "scaleY": 1, "angle": 0}


def _quad(rect: Mapping[str, Any]) -> Quad | None:
    told = [rect.get(name, usual) for name, usual in _FIELDS.items()]
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in told):
        return None
    left, top, width, height, across, down, degrees = map(float, told)
    width, height = abs(width * across), abs(height * down)
    if min(width, height) < SMALLEST:
        return None
    x = -width / 2 if rect.get("originX") == "center" else 0.0
    y = -height / 2 if rect.get("originY") == "center" else 0.0
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return Quad(corners @ turn + [left, top])


def _kept(key: str, photo: Photo, known: Quad | None) -> dict[str, Any]:
    middle = known.centre if known is not None else np.array(photo.size) / 2
    fresh = {
        "zoom": 0, "centre": (float(middle[0]), float(middle[1])), "window": None, "count": 0, "start": None,
        "drawn": None,
    }  # fmt: skip
    kept: dict[str, Any] = st.session_state.setdefault(f"{key}_canvas", fresh)
    return kept


def _look(kept: dict[str, Any], photo: Photo, key: str, box: tuple[int, int]) -> None:
    """Zoom and arrows; a press is done before the page, and so the canvas, is drawn again."""

    def zoom(step: int) -> None:
        kept["zoom"] = min(max(kept["zoom"] + step, 0), len(ZOOMS) - 1)

    def move(right: int, down: int) -> None:
        window = Window.of(photo.size, box, ZOOMS[kept["zoom"]], kept["centre"])
        (x, y), (wide, high) = window.centre, window.seen
        aim = (x + STEP * right * wide, y + STEP * down * high)
        kept["centre"] = Window.of(photo.size, box, ZOOMS[kept["zoom"]], aim).centre

    nearest, whole = kept["zoom"] == len(ZOOMS) - 1, kept["zoom"] == 0
    with st.container(horizontal=True, gap="xsmall"):
        for name, step, disabled in (("out", -1, whole), ("in", 1, nearest)):
            st.button(
                f"Zoom {name}", icon=f":material/zoom_{name}:", key=f"{key}_{name}", on_click=zoom,
                args=(step,), disabled=disabled,
            )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        for name, (right, down) in ARROWS.items():
            st.button(
                name.capitalize(), key=f"{key}_{name}", on_click=move, args=(right, down), disabled=whole
            )
    st.caption(f"{ZOOMS[kept['zoom']]} × the whole photo")


def _bounds(known: Quad | None, photo: Photo) -> str:
    quad = known or Quad.from_box((0, 0, *photo.size))
    return ", ".join(str(max(0, round(place))) for place in quad.bounds())

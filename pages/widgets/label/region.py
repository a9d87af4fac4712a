"""The photo canvas: the whole photo with its quad; a box drawn around the VIN is read again from there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from core.geometry import Quad
from core.images import ImageError, decode
from core.records import Photo
from core.registry import ModelError
from core.store import Store, StoreError
from core.store.files import WHOLE, read_photo
from pages.widgets import overlay
from pages.widgets.label.held import Held, read_again
from pages.widgets.label.session import Session
from pages.widgets.readings import load_reader

BOX = (900, 470)
"""Largest width and height of the photo on the page, pixels."""

SMALLEST = 8.0
"""Pixels that a box must have on its shorter side."""


def show(store: Store, session: Session) -> None:
    """The photo in hand, a canvas over it, and the button that reads again."""
    # Here, because it can be imported in a running app only.
    from streamlit_drawable_canvas import st_canvas

    held = session.held[0]
    try:
        photo = _photo(store, held.task.photo.sha256)
    except (ImageError, StoreError) as error:
        st.text(str(error))
        return
    scale = min(BOX[0] / photo.size[0], BOX[1] / photo.size[1])
    width, height = max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale))
    with st.container(border=True, key="label_region", horizontal=True):
        canvas = st_canvas(
            fill_color="rgba(0, 190, 255, 0.12)",
            stroke_width=2,
            stroke_color="#00beff",
            background_image=Image.fromarray(_drawn(photo, held, width, height)),
            height=height,
            width=width,
            drawing_mode="rect",
            key=f"region_canvas_{held.stamp}",
        )
        drawn = region_of(canvas.json_data, scale)
        with st.container(width=280):
            st.write("The blue line is where the VIN is taken from now; its thick edge is where it begins.")
            st.caption(
                "Wrong? Draw a box around the VIN. The pen above the photo moves, turns and deletes boxes; "
                "the last one counts."
            )
            told = st.text_input(
                "Or type it: left, top, width, height",
                placeholder=_bounds(held, photo),
                help="Pixels of the photo; the grey numbers are the line as it is.",
                key=f"region_typed_{held.stamp}",
            )
            drawn = typed(told, photo.size) or drawn
            if st.button("Read again here", key="region_read", type="primary", disabled=drawn is None):
                _read(session, held, photo, drawn)
                st.rerun()


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


def _bounds(held: Held, photo: Photo) -> str:
    quads = held.quads or (Quad.from_box((0, 0, *photo.size)),)
    return ", ".join(str(max(0, round(place))) for place in quads[0].bounds())


def region_of(drawing: object, scale: float) -> Quad | None:
    """The last rectangle of a drawing as Fabric.js tells it, turned ones too.

    Args:
        drawing: ``json_data`` of the canvas; the browser is not trusted.
        scale: pixels of the page per pixel of the upright photo.

    Returns:
        Pixels of the upright photo; None where nothing of use is drawn.
    """
    objects = drawing.get("objects") if isinstance(drawing, Mapping) else None
    drawn = [one for one in objects if isinstance(one, Mapping)] if isinstance(objects, list) else []
    rects = [one for one in drawn if str(one.get("type")).lower() == "rect"]
    return _quad(rects[-1], scale) if rects else None


_FIELDS = {"left": 0, "top": 0, "width": 0, "height": 0, "scaleX": 1, "scaleY": 1, "angle": 0}


def _quad(rect: Mapping[str, Any], scale: float) -> Quad | None:
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
    return Quad((corners @ turn + [left, top]) / scale)


def _read(session: Session, held: Held, photo: Photo, region: Quad | None) -> None:
    try:
        reader = load_reader().reader
    except ModelError as error:
        st.toast(f"The networks are not ready: {error}")
        return
    reading = reader.read(photo, region=region)
    told = reading.to_json("")
    if not told["quads"] and region is not None:
        # Nothing was read: the person's box stays as the line, to be typed by hand.
        told["quads"] = [region.corners.tolist()]
    session.change(read_again(held, photo, told))
    session.region = False


def _photo(store: Store, sha256: str) -> Photo:
    """Decoded once per photo, not with every stroke."""
    kept: tuple[str, Photo] | None = st.session_state.get("region_photo")
    if kept is None or kept[0] != sha256:
        kept = sha256, decode(read_photo(store, sha256), WHOLE)
        st.session_state["region_photo"] = kept
    return kept[1]


def _drawn(photo: Photo, held: Held, width: int, height: int) -> np.ndarray:
    picture = overlay.fit(photo, width, height)
    for quad in held.quads:
        picture = overlay.outline(picture, quad.scaled(width / photo.size[0]))
    return picture

"""The photo canvas: the whole photo with its quad; a box drawn around the VIN is read again from there."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.geometry import Quad
from core.images import ImageError, decode
from core.records import Photo
from core.registry import ModelError
from core.store import Store, StoreError
from core.store.files import WHOLE, read_photo
from pages.widgets import canvas, overlay
from pages.widgets.label.held import Held, read_again
from pages.widgets.label.session import Session
from pages.widgets.readings import load_reader

BOX = (850, 470)
"""Largest width and height of the photo on the page, pixels."""


def show(store: Store, session: Session) -> None:
    """The photo in hand, a canvas over it, and the button that reads again."""
    held = session.held[0]
    try:
        photo = _photo(store, held.task.photo.sha256)
    except (ImageError, StoreError) as error:
        st.text(str(error))
        return

    def mark(picture: np.ndarray, window: canvas.Window) -> np.ndarray:
        for quad in held.quads:
            picture = overlay.outline(picture, window.to_page(quad))
        return picture

    with st.container(border=True, key="label_region"):
        st.caption(
            "The blue line is where the VIN is taken from now; its thick edge is where it begins. Wrong? "
            "Draw a box around the VIN. The pen above the photo moves, turns and deletes boxes; the last one "
            "counts."
        )
        known = held.quads[0] if held.quads else None
        drawn = canvas.draw_region(photo, known, mark, f"region_{held.photo}_{held.revision}", BOX)
        if st.button("Read again here", key="region_read", type="primary", disabled=drawn is None):
            _read(session, held, photo, drawn)
            st.rerun()


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

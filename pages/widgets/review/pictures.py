"""Strips and photos for the Review desk, small, as data addresses: no address that others could open."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import streamlit as st

from core.geometry import Quad
from core.images import ImageError, decode, encode_jpeg
from core.store import Store, StoreError
from core.store.entries import Corners
from core.store.files import WHOLE, read_photo
from pages.widgets.label.held import is_line, picture_of

SMALL_SIDE = 2048
"""Pixels at which a photo is decoded for a card."""

CARD_ROWS, WIDE_ROWS, PHOTO = 96, 240, (640, 420)
"""Pixels: rows of a card's strip and of the single view's; width and height of the whole photo."""


def strip(store: Store, sha256: str, quads: tuple[Corners, ...], rows: int = CARD_ROWS) -> str:
    """The line, or the whole photo where no line is known; empty where the photo cannot be shown."""
    try:
        return _strip(sha256, quads, rows, str(store.home), store)
    except (StoreError, ImageError):
        return ""


def whole(store: Store, sha256: str, quads: tuple[Corners, ...]) -> str:
    """The photo with its line drawn in; empty where it cannot be shown."""
    try:
        return _whole(sha256, quads, str(store.home), store)
    except (StoreError, ImageError):
        return ""


@st.cache_data(show_spinner=False, max_entries=2000)
def _strip(sha256: str, quads: tuple[Corners, ...], rows: int, home: str, _store: Store) -> str:
    photo = decode(read_photo(_store, sha256), SMALL_SIDE if rows == CARD_ROWS else WHOLE)
    lines = [Quad(np.array(corners)) for corners in quads]
    return picture_of(photo, lines if all(map(is_line, lines)) else (), rows).source


@st.cache_data(show_spinner=False, max_entries=50)
def _whole(sha256: str, quads: tuple[Corners, ...], home: str, _store: Store) -> str:
    photo = decode(read_photo(_store, sha256), 1024)
    rows, columns = photo.pixels.shape[:2]
    scale = min(1.0, PHOTO[0] / columns, PHOTO[1] / rows)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
    for corners in quads:
        # Quads are told in pixels of the file's upright photo, which may have been decoded smaller.
        places = np.array(corners) * photo.scale * scale
        cv2.polylines(small, [places.round().astype(np.int32)], True, (0, 190, 255), 2, cv2.LINE_AA)
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(small, 85)).decode("ascii")

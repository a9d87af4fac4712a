"""A reading that changed, as a picture: the strip, the truth, and both readings with what is wrong marked."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from core.geometry import Quad
from core.images import ImageError, decode, encode_jpeg
from core.records import Strip
from core.store import Store, StoreError
from core.store.files import read_photo

ROWS, WIDEST = 56, 800


def picture(store: Store, change: dict[str, Any]) -> str:
    """One entry of a gate's ``changed`` as HTML."""
    truth = change["truth"]
    old, new = change["champion"]["vin"], change["candidate"]["vin"]
    rows = (("truth", truth), ("champion", old), ("candidate", new))
    lines = "".join(f"<tr><td>{name}</td><td>{marked(text, truth)}</td></tr>" for name, text in rows)
    image = strip(store, change["sha256"], change["quads"])
    shown = f'<img alt="Strip of gold photo {int(change["photo"])}" src="{image}">' if image else ""
    return f'<div class="vd-change">{shown}<table>{lines}</table></div>'


def marked(text: str | None, truth: str) -> str:
    """A reading with its wrong characters marked."""
    if text is None:
        return "<code>none</code>"
    pairs = zip(text, truth.ljust(len(text)), strict=False)
    return (
        "<code>" + "".join(escape(a) if a == b else f"<mark>{escape(a)}</mark>" for a, b in pairs) + "</code>"
    )


@st.cache_data(show_spinner=False, max_entries=200)
def strip(_store: Store, sha256: str, quads: list) -> str:
    """The straightened line as a data URL; empty where the photo is gone or the place is not known."""
    if not quads:
        return ""
    try:
        photo = decode(read_photo(_store, sha256))
    except (StoreError, ImageError):
        return ""
    parts = tuple(Quad(np.array(corners)) for corners in quads)
    length, height = sum(quad.length for quad in parts), max(quad.height for quad in parts)
    width = int(np.clip(ROWS * length / max(height, 1.0) / 1.5, 120, WIDEST))
    pixels = Strip(photo, parts).render(width, ROWS, 0.25)
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(pixels, 85)).decode("ascii")

"""This VIN exists already: both photos, one under the other, to see whether it is one car or one mistake."""

from __future__ import annotations

import streamlit as st

from core.geometry import Quad
from core.images import ImageError, decode
from core.store import Store, StoreError
from core.store.files import WHOLE, read_photo
from core.store.photos import photo
from core.store.predictions import predictions_of
from pages.widgets.label.held import picture_of
from pages.widgets.label.session import Session

ROWS = 120
"""Pixels of a strip; it is shown small, for a look."""


def show(store: Store, session: Session) -> None:
    """The strip in hand and that of the other photo."""
    with st.container(border=True, key="label_twins"):
        for key in (session.held[0].photo, session.twin):
            try:
                entry = photo(store, key)
                st.text(f"Photo {entry.id}, {entry.state}: {entry.name}")
                st.html(_picture(store, key))
            except (StoreError, ImageError) as error:
                st.text(str(error))


@st.cache_data(show_spinner=False, max_entries=20)
def _address(sha256: str, quads: tuple, _store: Store) -> str:
    lines = [Quad(corners) for corners in quads]
    return picture_of(decode(read_photo(_store, sha256), WHOLE), lines, ROWS).source


def _picture(store: Store, key: int) -> str:
    entry = photo(store, key)
    said = predictions_of(store, key)
    quads = [quad for one in said[:1] for quad in one.reading.get("quads", [])]
    address = _address(entry.sha256, tuple(tuple(map(tuple, quad)) for quad in quads), store)
    return f'<img alt="Photo {int(key)}" class="vd-twin" src="{address}">'

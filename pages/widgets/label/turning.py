"""A strip that a person has turned, or whose line they drew, read again exactly as they see it."""

from __future__ import annotations

from typing import Any

from core.framing import inside
from core.images import ImageError, decode
from core.records import Line, Reading
from core.rectify import EmptyQuad
from core.registry import ModelError
from core.store import Store, StoreError
from core.store.files import WHOLE, read_photo
from pages.widgets.label.hands import Reread
from pages.widgets.label.held import Held
from pages.widgets.readings import load_reader


def reading_of(store: Store) -> Reread:
    """What reads strips of this store's photos."""
    return lambda held: read(store, held)


def read(store: Store, held: Held) -> list[dict[str, Any]]:
    """The characters, as ``Reading.to_json`` tells them; none where the strip cannot be read.

    Args:
        store: where the photo's file is.
        held: its lines, and whether they are turned by 180 degrees.
    """
    quads = held.quads
    if held.work.turned:
        quads = tuple(quad.turned() for quad in reversed(quads))
    try:
        photo = decode(read_photo(store, held.task.photo.sha256), WHOLE)
        candidate = load_reader().reader.panel.read_exactly(photo, Line(quads, 1.0, "region"))
    except (ImageError, StoreError, ModelError, EmptyQuad):
        return []
    return Reading(candidate.text, "review", 0.0, "not_applicable", inside(candidate)).to_json("")[
        "characters"
    ]

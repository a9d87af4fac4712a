"""What the formats share: photos into and out of a set, names that stay inside it, texts over two lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.geometry import Box, Quad
from core.images import read_file
from core.store.content import Content
from core.store.errors import Refused, Unwritable
from core.store.files import shareable
from core.store.items import Item

Load = Callable[[Item], bytes]
"""The original bytes of an item's photo."""


@dataclass(frozen=True)
class Found:
    """One photo of a set that is read.

    Attributes:
        item: what the set says of it; ``state`` ``rejected`` where it says that nobody can read it.
        load: its bytes; raises ``ImageError`` or ``Refused`` where the set lacks them.
    """

    item: Item
    load: Callable[[], bytes]


def photo_below(root: Path, name: str) -> Callable[[], bytes]:
    """Reads a photo that a set names, but nothing outside the set's folder."""

    def load() -> bytes:
        if not name or "\0" in name:
            raise Refused("the set has a row without a photo's name")
        path = Path(os.path.normpath(root / name))
        # Both ways of leaving: by "..", and by a link that somebody put into the set.
        inside = path.is_relative_to(root) and path.resolve().is_relative_to(root.resolve())
        if not inside:
            raise Refused(f"{name[:80]!r} lies outside of the set's folder; put the photo into it")
        return read_file(path)

    return load


def with_photo(item: Item, folder: Path, load: Load | None) -> Item:
    """Write an item's photo into a folder, upright and without metadata; the item with the file's name."""
    if load is None:
        return item
    data, suffix = shareable(load(item))
    named = replace(item, name=Path(item.name).stem + suffix)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / named.name).write_bytes(data)
    return named


def texts_by_part(content: Content) -> list[str]:
    """The text of each quad: as the character boxes say, else shared out by the quads' lengths."""
    if len(content.quads) < 2:
        return [content.text]
    if content.characters:
        parts: list[str] = [""] * len(content.quads)
        for character in content.characters:
            parts[character.part] += character.text
        return parts
    lengths = [quad.length for quad in content.lines()]
    cut = round(len(content.text) * lengths[0] / max(sum(lengths), 1e-9))
    return [content.text[:cut], content.text[cut:]]


def bounds(quads: Sequence[Quad]) -> Box:
    """The upright box around all quads, pixels."""
    boxes = [quad.bounds() for quad in quads]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def character_corners(content: Content) -> np.ndarray:
    """Corners of every character in pixels of the photo, float64 ``(n, 4, 2)``, in reading order."""
    out = np.zeros((len(content.characters), 4, 2))
    for part, line in enumerate(content.lines()):
        places = [place for place, one in enumerate(content.characters) if one.part == part]
        if places:
            # One homography for all of a line: an export asks for a million characters.
            boxes = np.array([content.characters[place].box for place in places])
            frame = boxes[:, None, :2] + boxes[:, None, 2:] * _UNIT
            out[places] = line.to_photo(frame.reshape(-1, 2)).reshape(-1, 4, 2)
    return out


_UNIT = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def line_corners(content: Content) -> np.ndarray:
    """Corners of every line in pixels of the photo, float64 ``(n, 4, 2)``."""
    return np.array(content.quads, dtype=np.float64).reshape(-1, 4, 2)


def boxes_around(corners: np.ndarray) -> np.ndarray:
    """Upright boxes ``(left, top, width, height)`` around quads ``(n, 4, 2)``; ``(n, 4)``, pixels."""
    near, far = corners.min(axis=1), corners.max(axis=1)
    return np.hstack([near, far - near])


def new_folder(target: Path) -> Path:
    """An empty folder to export into.

    Raises:
        Refused: there is something in it.
        Unwritable: it cannot be made.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise Refused(f"{target} is not empty; name a new folder, so that old and new do not mix")
    except OSError as error:
        raise Unwritable(f"{target} cannot be made ({error.strerror}); name another folder") from error
    return target


def text_of(path: Path) -> str:
    """A text file of a set.

    Raises:
        Refused: it is missing, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}); check the name") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not UTF-8 text; save it as UTF-8") from error


def as_json(content: Content) -> dict:
    """A label as JSON that says everything: what the other formats keep beside their own fields."""
    return {
        "text": content.text,
        "quads": content.quads,
        "characters": [[c.text, c.part, *c.box] for c in content.characters],
        "kind": content.kind,
        "tags": list(content.tags),
    }


def from_json(entry: dict) -> Content:
    """What :func:`as_json` wrote."""
    row = {name: json.dumps(entry.get(name) or []) for name in ("quads", "characters", "tags")}
    said = Content.from_row(
        {**row, "text": str(entry.get("text") or ""), "kind": str(entry.get("kind") or "")}
    )
    assert said is not None
    return said

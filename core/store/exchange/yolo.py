"""YOLO: a text file per photo, one line per object, in shares of the photo's width and height.

Upright: ``class centre-x centre-y width height``. Rotated (YOLO-OBB): ``class x1 y1 x2 y2 x3 y3 x4 y4``,
clockwise from the text's own top left. Class 0 is the line, 1 to 33 are the characters of a VIN, 34 one that
cannot be read. The text is read back from the characters in reading order; upright boxes do not say which way
a turned line reads, so turned lines want the rotated form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geometry import Quad
from core.images import ImageError
from core.store.content import Character, Content, corners_of
from core.store.errors import Refused
from core.store.exchange.common import (
    Found,
    Load,
    boxes_around,
    character_corners,
    line_corners,
    photo_below,
    text_of,
    with_photo,
)
from core.store.files import sized
from core.store.items import Item
from core.vin import ALPHABET, LENGTH, UNREAD

CLASSES = ("vin", *ALPHABET, UNREAD)
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def write(items: Iterable[Item], target: Path, load: Load | None = None, rotated: bool = False) -> int:
    """Write ``data.yaml``, ``labels/<side>/*.txt`` and with ``load`` ``images/<side>/*``."""
    count, sides = 0, set()
    for item in items:
        side = item.side or "train"
        if side not in sides:
            (target / "labels" / side).mkdir(parents=True, exist_ok=True)
            sides.add(side)
        item = with_photo(item, target / "images" / side, load)
        lines = _lines(item, rotated)
        path = target / "labels" / side / f"{Path(item.name).stem}.txt"
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        count += 1
    folders = "".join(f"{side}: images/{side}\n" for side in sorted(sides))
    target.mkdir(parents=True, exist_ok=True)
    (target / "data.yaml").write_text(f"path: .\n{folders}names: {json.dumps(CLASSES)}\n", encoding="utf-8")
    return count


def read(path: Path) -> Iterator[Found]:
    """Every labelled photo of a YOLO folder (with ``data.yaml``), upright or rotated, whoever wrote it.

    Sets of others give the place of the class that is called like a VIN, or of their only class.

    Raises:
        Refused: it is no YOLO folder; a line holds what is no number.
    """
    root = path.parent if path.is_file() else path
    names = _names(text_of(root / "data.yaml"))
    files = sorted(root.rglob("labels/**/*.txt"))
    if not files:
        raise Refused(f"{root} has no labels/*.txt; name the folder with data.yaml")
    for file in files:
        folder = Path(
            *("images" if part == "labels" else part for part in file.relative_to(root).parts)
        ).parent
        photos = (root / folder / (file.stem + suffix) for suffix in SUFFIXES)
        photo = next((photo for photo in photos if photo.exists()), root / folder / (file.stem + ".jpg"))
        name = photo.relative_to(root).as_posix()
        load = photo_below(root, name)
        try:
            size = sized(load())[0].size
        except ImageError:
            size = (0, 0)
        try:
            content = _content(file, names, size)
        except ValueError as error:
            if isinstance(error, Refused):
                raise
            raise Refused(f"{file} is no YOLO label ({error})") from error
        yield Found(Item(name, "", size, content, _side(folder)), load)


@dataclass(frozen=True)
class _Object:
    name: str
    quad: Quad


def _lines(item: Item, rotated: bool) -> list[str]:
    if min(item.size) <= 0:
        raise Refused("YOLO tells places in shares of the photo, whose size is not known here")
    content = item.content
    classes = [0] * len(content.quads) + [_CLASS[one.text] for one in content.characters]
    corners = np.concatenate([line_corners(content), character_corners(content)])
    if rotated:
        values = (corners / item.size).reshape(-1, 8)
    else:
        boxes = boxes_around(corners)
        boxes[:, :2] += boxes[:, 2:] / 2
        values = boxes / [*item.size, *item.size]
    template = "%d" + " %.7f" * values.shape[1]
    return [template % (number, *row) for number, row in zip(classes, values.tolist(), strict=True)]


_CLASS = {name: number for number, name in enumerate(CLASSES)}


def _content(file: Path, names: list[str], size: tuple[int, int]) -> Content:
    objects = [_object(line.split(), names, size) for line in text_of(file).splitlines() if line.strip()]
    lines = [one.quad for one in objects if "vin" in one.name.lower()]
    if not lines and len(names) == 1:
        lines = [one.quad for one in objects]
    lines = lines[:2]
    placed = []
    for one in objects:
        if lines and one.name in CLASSES[1:]:
            boxes = [_frame(one.quad, quad) for quad in lines]
            off = [abs(top + height / 2 - 0.5) for _, top, _, height in boxes]
            part = int(np.argmin(off))
            placed.append(Character(one.name, part, boxes[part]))
    placed.sort(key=lambda character: (character.part, character.box[0] + character.box[2] / 2))
    whole = len(placed) == LENGTH
    return Content(
        "".join(character.text for character in placed) if whole else "",
        tuple(corners_of(quad) for quad in lines),
        tuple(placed) if whole else (),
    )


def _object(values: list[str], names: list[str], size: tuple[int, int]) -> _Object:
    number, places = int(values[0]), np.array([float(value) for value in values[1:]])
    if len(places) == 4:
        x, y, width, height = places * [*size, *size]
        quad = Quad.from_box((x - width / 2, y - height / 2, width, height))
    elif len(places) == 8:
        quad = Quad(places.reshape(4, 2) * size)
    else:
        raise ValueError(f"{len(values)} values on a line; there are 5 or 9")
    return _Object(names[number] if 0 <= number < len(names) else "", quad)


def _frame(quad: Quad, line: Quad) -> tuple[float, float, float, float]:
    points = line.to_frame(quad.corners)
    left, top = (round(float(value), 4) for value in points.min(axis=0))
    right, bottom = (round(float(value), 4) for value in points.max(axis=0))
    return left, top, round(right - left, 4), round(bottom - top, 4)


def _side(folder: Path) -> str:
    for part in folder.parts:
        found = {"train": "train", "val": "val", "valid": "val", "test": "gold", "gold": "gold"}.get(part)
        if found:
            return found
    return ""


def _names(yaml: str) -> list[str]:
    """The class names of a ``data.yaml``: a list on one line, a list of dashes, or numbers with names."""
    inline = re.search(r"^names:\s*\[(.*?)\]", yaml, re.MULTILINE | re.DOTALL)
    if inline:
        return [name.strip().strip("'\"") for name in inline[1].split(",")]
    block = re.search(r"^names:[^\n]*\n((?:[ \t-][^\n]*\n?)*)", yaml, re.MULTILINE)
    lines = re.findall(r"^\s*(?:-|\d+:)\s*(.+?)\s*$", block[1], re.MULTILINE) if block else []
    if not lines:
        raise Refused("data.yaml has no `names`; add the list of classes")
    return [line.strip("'\"") for line in lines]

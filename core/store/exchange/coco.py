"""COCO: ``annotations.json`` with the line as polygon and box, and every character as a category of its own.

Text is not part of COCO; it stands in ``attributes`` as CVAT and others write it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.geometry import Quad
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
    texts_by_part,
    with_photo,
)
from core.store.items import Item
from core.vin import ALPHABET, UNREAD

CATEGORIES = ("vin", *ALPHABET, UNREAD)
TEXT_KEYS = ("text", "transcription", "vin", "caption", "label")
"""Where other programs put an annotation's text."""


def write(items: Iterable[Item], target: Path, load: Load | None = None) -> int:
    """Write ``target/annotations.json``, and with ``load`` the photos into ``target/images``."""
    target.mkdir(parents=True, exist_ok=True)
    count = number = 0
    categories = [{"id": i, "name": name, "supercategory": "text"} for i, name in enumerate(CATEGORIES, 1)]
    # Images and annotations are two lists of one object: the second waits in a file, not in memory.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as rest,
        (target / "annotations.json").open("w", encoding="utf-8") as file,
    ):
        file.write(f'{{"info": {{"description": "VIN Desk"}}, "categories": {json.dumps(categories)},\n')
        file.write('"images": [')
        for item in items:
            item = with_photo(item, target / "images", load)
            count += 1
            file.write(",\n" if count > 1 else "\n")
            file.write(json.dumps(_image(item, count)))
            annotations = _annotations(item, count)
            rest.write(",\n" if number else "\n")
            rest.write(",\n".join(f'{{"id": {i}, {one}}}' for i, one in enumerate(annotations, number + 1)))
            number += len(annotations)
        file.write('],\n"annotations": [')
        rest.seek(0)
        shutil.copyfileobj(rest, file, 1 << 20)
        file.write("]}\n")
    return count


def read(path: Path) -> Iterator[Found]:
    """Every image of a COCO file (or of ``annotations.json`` in a folder), whoever wrote it.

    An image without a text gives the place only. Photos lie in the file's folder or in ``images`` beside it.

    Raises:
        Refused: it is no COCO file.
    """
    path = path / "annotations.json" if path.is_dir() else path
    try:
        entries = json.loads(text_of(path))
        names = {entry["id"]: str(entry["name"]) for entry in entries["categories"]}
        by_image: dict[Any, list[dict]] = {}
        for annotation in entries["annotations"]:
            by_image.setdefault(annotation["image_id"], []).append(annotation)
        for image in entries["images"]:
            name = str(image["file_name"])
            folder = "images/" if not (path.parent / name).exists() else ""
            item = Item(
                name,
                str(image.get("sha256", "")),
                (int(image.get("width", 0)), int(image.get("height", 0))),
                _content(image, by_image.get(image["id"], []), names),
                str(image.get("side", "")),
                str(image.get("state", "")),
            )
            yield Found(item, photo_below(path.parent, folder + name))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"{path} is no COCO file ({type(error).__name__}: {error})") from error


def _image(item: Item, number: int) -> dict:
    width, height = item.size
    entry = {"id": number, "file_name": item.name, "width": width, "height": height}
    more = {"sha256": item.sha256, "side": item.side, "state": item.state}
    return {**entry, **more, "kind": item.content.kind, "tags": list(item.content.tags)}


def _annotations(item: Item, image: int) -> list[str]:
    """Each annotation of a photo as JSON without its braces and its id."""
    content = item.content
    texts = texts_by_part(content)
    if not content.quads:
        said = json.dumps({"text": content.text})
        return [f'"image_id": {image}, "category_id": 1, "attributes": {said}']
    attributes = [(1, json.dumps({"text": text, "part": part})) for part, text in enumerate(texts)]
    attributes += [
        (_CATEGORY[one.text], _CHARACTER % (slot, one.part, *one.box))
        for slot, one in enumerate(content.characters)
    ]
    corners = np.concatenate([line_corners(content), character_corners(content)])
    x, y = corners[..., 0], corners[..., 1]
    areas = np.abs((x * y[:, _NEXT] - y * x[:, _NEXT]).sum(axis=1)) / 2
    numbers = np.hstack([boxes_around(corners), corners.reshape(-1, 8), areas[:, None]])
    return [
        _SHAPE % (image, category, *row, said)
        for (category, said), row in zip(attributes, numbers.tolist(), strict=True)
    ]


# Two million of them in a large export: templates of numbers, at a fifth of what an encoder takes.
_SHAPE = (
    '"image_id": %d, "category_id": %d, "bbox": [%.2f, %.2f, %.2f, %.2f], '
    '"segmentation": [[%.2f, %.2f, %.2f, %.2f, %.2f, %.2f, %.2f, %.2f]], "area": %.2f, "iscrowd": 0, '
    '"attributes": %s'
)
_CHARACTER = '{"slot": %d, "part": %d, "frame": [%.4f, %.4f, %.4f, %.4f]}'
_NEXT = [1, 2, 3, 0]
_CATEGORY = {name: number for number, name in enumerate(CATEGORIES, 1)}


def _content(image: dict, annotations: list[dict], names: dict[Any, str]) -> Content:
    lines = [entry for entry in annotations if names.get(entry["category_id"], "") not in CATEGORIES[1:]]
    lines = [entry for entry in lines if "vin" in names.get(entry["category_id"], "").lower()] or lines
    lines.sort(key=lambda entry: (entry.get("attributes") or {}).get("part", 0))
    lines = lines[:2] if len(lines) == 2 and all("attributes" in entry for entry in lines) else lines[:1]
    quads = tuple(corners_of(quad) for quad in map(_quad, lines) if quad is not None)
    characters = []
    for entry in annotations:
        name, said = names.get(entry["category_id"], ""), entry.get("attributes") or {}
        if name in CATEGORIES[1:] and "frame" in said:
            left, top, width, height = said["frame"]
            characters.append((said["slot"], Character(name, said["part"], (left, top, width, height))))
    characters.sort(key=lambda pair: pair[0])
    return Content(
        "".join(map(_text, lines)),
        quads,
        tuple(character for _, character in characters),
        str(image.get("kind", "")),
        tuple(str(tag) for tag in image.get("tags", ())),
    )


def _quad(entry: dict) -> Quad | None:
    polygon = entry.get("segmentation")
    if isinstance(polygon, list) and polygon and len(polygon[0]) == 8:
        return Quad(np.array(polygon[0], dtype=np.float64).reshape(4, 2))
    if entry.get("bbox"):
        left, top, width, height = map(float, entry["bbox"])
        return Quad.from_box((left, top, width, height))
    return None


def _text(entry: dict) -> str:
    for source in (entry.get("attributes") or {}, entry):
        for key in TEXT_KEYS:
            if isinstance(source.get(key), str):
                return source[key]
    return ""

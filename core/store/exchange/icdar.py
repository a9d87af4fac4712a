"""Text lines: ICDAR 2015 (``gt_<photo>.txt`` per photo) and PaddleOCR (``Label.txt``, and crops to read).

ICDAR tells corners in whole pixels; PaddleOCR's JSON keeps fractions. A VIN on two lines is two text lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from core import images
from core.geometry import Quad
from core.records import Strip
from core.store.content import Content, Corners, corners_of
from core.store.errors import Refused
from core.store.exchange.common import Found, Load, photo_below, text_of, texts_by_part, with_photo
from core.store.files import WHOLE
from core.store.items import Item
from core.vin import LENGTH, normalise

UNKNOWN = "###"
"""ICDAR's transcription of what nobody is asked to read."""
CROP = (320, 48)
"""``(width, height)`` of PaddleOCR's text line crops, pixels."""


def write_icdar(items: Iterable[Item], target: Path, load: Load | None = None) -> int:
    """Write ``gt_<photo>.txt`` per photo, and with ``load`` the photos, into ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for item in items:
        item = with_photo(item, target, load)
        lines = []
        for quad, text in zip(item.content.lines(), texts_by_part(item.content), strict=False):
            corners = ",".join(str(round(float(value))) for value in quad.corners.ravel())
            lines.append(f"{corners},{text or UNKNOWN}\n")
        (target / f"gt_{Path(item.name).stem}.txt").write_text("".join(lines), encoding="utf-8")
        count += 1
    return count


def read_icdar(path: Path) -> Iterator[Found]:
    """Every ``gt_*.txt`` of a folder.

    Raises:
        Refused: there is none, or a line is none of ICDAR's.
    """
    files = sorted(path.glob("gt_*.txt"))
    if not files:
        raise Refused(f"{path} has no gt_*.txt; name the folder with them")
    for file in files:
        lines = []
        for line in text_of(file).splitlines():
            if not line.strip():
                continue
            # At most eight commas: the text may hold more.
            *corners, text = line.split(",", 8)
            try:
                quad = Quad(np.array([float(value) for value in corners]).reshape(4, 2))
            except ValueError as error:
                raise Refused(f"{file} is no ICDAR label: {line[:60]!r}") from error
            lines.append((corners_of(quad), "" if text == UNKNOWN else text))
        stem = file.stem.removeprefix("gt_")
        names = [f"{stem}{suffix}" for suffix in (".jpg", ".png", ".jpeg", ".webp", ".bmp")]
        name = next((name for name in names if (path / name).exists()), names[0])
        yield Found(Item(name, "", (0, 0), _joined(lines)), photo_below(path, name))


def write_paddle(items: Iterable[Item], target: Path, load: Load | None = None) -> int:
    """Write ``Label.txt``; with ``load`` also the photos, and straightened crops with ``rec_gt.txt``."""
    (target / "rec").mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        (target / "Label.txt").open("w", encoding="utf-8") as labels,
        (target / "rec_gt.txt").open("w", encoding="utf-8") as crops,
    ):
        for item in items:
            item = with_photo(item, target / "images", load)
            texts = texts_by_part(item.content)
            lines = [
                {"transcription": texts[part] or UNKNOWN, "points": corners, "difficult": "?" in texts[part]}
                for part, corners in enumerate(item.content.quads)
            ]
            labels.write(f"images/{item.name}\t{json.dumps(lines)}\n")
            if load is not None and item.content.quads and "?" not in item.content.text:
                photo = images.decode(load(item), WHOLE)
                crop = Strip(photo, item.content.lines()).render(*CROP)
                name = f"rec/{Path(item.name).stem}.png"
                (target / name).write_bytes(images.encode_png(crop))
                crops.write(f"{name}\t{item.content.text}\n")
            count += 1
    return count


def read_paddle(path: Path) -> Iterator[Found]:
    """Every line of a ``Label.txt``, or of the one in a folder.

    Raises:
        Refused: it is none.
    """
    path = path / "Label.txt" if path.is_dir() else path
    for number, line in enumerate(text_of(path).splitlines(), 1):
        name, _, rest = line.partition("\t")
        try:
            lines = [
                (corners_of(Quad(np.array(entry["points"], dtype=np.float64))), str(entry["transcription"]))
                for entry in json.loads(rest)
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"{path}, line {number} is none of PaddleOCR's ({error})") from error
        lines = [(corners, "" if text == UNKNOWN else text) for corners, text in lines]
        # PaddleOCR's own sets name photos with the last folder in front.
        inside = name if (path.parent / name).exists() else name.rpartition("/")[2]
        yield Found(Item(inside, "", (0, 0), _joined(lines)), photo_below(path.parent, inside))


def _joined(lines: list[tuple[Corners, str]]) -> Content:
    """The VIN among a photo's text lines: one that is 17 characters long, or two that are so together."""
    texts = [normalise(text, keep_unread=True) for _, text in lines]
    for (corners, _), text in zip(lines, texts, strict=True):
        if len(text) == LENGTH:
            return Content(text, (corners,))
    if len(lines) == 2 and len("".join(texts)) == LENGTH:
        return Content("".join(texts), tuple(corners for corners, _ in lines))
    # Lines without text are places; of several nobody can say which is the VIN's.
    return Content("", tuple(corners for corners, _ in lines) if len(lines) == 1 else ())

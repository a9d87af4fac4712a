"""A photo made ready for the editor before anybody waits for it: its strip, its slots, what is known."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from core.geometry import Quad
from core.images import ImageError, decode, encode_jpeg
from core.records import Photo, Strip
from core.store import Content, Gone, Store
from core.store.drafts import kept_draft
from core.store.files import WHOLE, read_photo
from core.store.queue import Task
from core.vin import LENGTH
from pages.widgets.label.work import Place, Work

HEIGHT = 320
"""Rows of a strip with its margin; as many as a person can use, since they zoom into it."""

MOST_WIDTH = 6400
"""Columns of a strip; a longer line gets fewer rows."""

MARGIN = 0.35
"""Shown around the line, as a share of its height: enough to see that a character is cut off."""

SHIFTED = 0.5
"""Line heights by which the corners of two quads may differ that show the same text."""

SMALLEST = 16.0
"""Square pixels below which a quad is no line."""


@dataclass(frozen=True)
class Picture:
    """What the editor shows of a photo.

    Attributes:
        source: ``data:`` address of a JPEG; empty where the file cannot be shown.
        size: ``(width, height)`` of it in pixels.
        parts: start and end of each quad's own frame, 0..1 of the picture's width.
    """

    source: str
    size: tuple[int, int]
    parts: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Held:
    """A photo in a person's hands.

    Attributes:
        task: from the queue.
        quads: the lines shown, pixels of the upright photo; none where the whole photo is shown.
        picture: of them.
        characters: of the reading (``Reading.to_json``), empty where there is none or it must not be known.
        work: as the person left it last.
        base: version that the next save builds on.
        revision: counts what the desk changed; the editor begins anew where it moves.
        trouble: why it is still here, for the editor; empty where nothing is wrong.
        turned: what was read on the strip as it stands after a turn by 180 degrees; empty before one.
    """

    task: Task
    quads: tuple[Quad, ...]
    picture: Picture
    characters: list[dict[str, Any]]
    work: Work
    base: int
    revision: int = 0
    trouble: dict[str, Any] = field(default_factory=dict)
    turned: list[dict[str, Any]] = field(default_factory=list)

    @property
    def opinions(self) -> list[dict[str, Any]]:
        """What was read on the strip as the person sees it; empty where nothing was."""
        return self.turned if self.work.turned else self.characters

    @property
    def photo(self) -> int:
        """Its id."""
        return self.task.photo.id

    @property
    def stamp(self) -> str:
        """Moves when the editor has to begin anew."""
        return f"{self.photo}.{self.revision}.{self.base}"

    @property
    def kind(self) -> str:
        """What carries the VIN, as far as anybody said."""
        return (self.task.content.kind if self.task.content else "") or self.task.photo.kind


def ready(store: Store, task: Task) -> Held:
    """Fetch, decode and straighten; what was typed before a reload comes back."""
    draft = kept_draft(store, task.photo.id, task.person)
    said = draft.content if draft else task.content
    reading = task.prediction.reading if task.prediction else {}
    quads = _quads(said, reading, task)
    # What was read elsewhere, or the other way round, says nothing of the strip that is shown.
    here = not task.blind and _same_place(quads, _lines(reading))
    characters = reading.get("characters", []) if here else []
    work = _work(said, reading, bool(quads), task.blind)
    if draft:
        work = replace(work, note=draft.note, seconds=draft.seconds)
    try:
        photo = decode(read_photo(store, task.photo.sha256), WHOLE)
        picture = picture_of(photo, quads)
        trouble: dict[str, Any] = {}
    except (ImageError, Gone) as error:
        picture = Picture("", (16, 1), ((0.0, 1.0),))
        trouble = {"kind": "broken", "told": f"This photo cannot be shown: {error}. Skip it or reject it."}
    return Held(task, quads, picture, characters, work, draft.base if draft else task.base, 0, trouble)


def read_again(held: Held, photo: Photo, reading: dict[str, Any]) -> Held:
    """The same photo after the pipeline has read a region that a person drew.

    Args:
        held: as it was.
        photo: its pixels.
        reading: as ``Reading.to_json`` tells it.
    """
    quads = _lines(reading)
    work = _work(None, reading, bool(quads), held.task.blind)
    work = replace(work, tags=held.work.tags, note=held.work.note, seconds=held.work.seconds)
    characters = [] if held.task.blind else reading["characters"]
    return replace(
        held, quads=quads, picture=picture_of(photo, quads), characters=characters, work=work,
        revision=held.revision + 1, trouble={}, turned=[],
    )  # fmt: skip


def picture_of(photo: Photo, quads: Sequence[Quad], height: int = HEIGHT) -> Picture:
    """The strip, or the whole photo where no line is known.

    Args:
        photo: full resolution.
        quads: one or two lines, pixels of the upright file.
        height: rows at most.
    """
    if not quads:
        rows, columns = photo.pixels.shape[:2]
        whole = Quad.from_box((0, 0, columns / photo.scale, rows / photo.scale))
        scale = min(1.0, 1400 / columns, 900 / rows)
        size = (max(16, round(columns * scale)), max(16, round(rows * scale)))
        return Picture(_address(Strip(photo, (whole,)).render(*size)), size, ((0.0, 1.0),))
    margins = [2 * MARGIN * quad.height for quad in quads]
    high = max(quad.height for quad in quads) * (1 + 2 * MARGIN)
    long = sum(quad.length + margin for quad, margin in zip(quads, margins, strict=True))
    scale = min(height / high, MOST_WIDTH / long)
    size = (max(64, round(long * scale)), max(16, round(high * scale)))
    parts, left, whole_length = [], 0.0, sum(quad.length for quad in quads)
    for quad, margin in zip(quads, margins, strict=True):
        share = quad.length / whole_length
        inset = share * margin / 2 / (quad.length + margin)
        parts.append((left + inset, left + share - inset))
        left += share
    return Picture(_address(Strip(photo, tuple(quads)).render(*size, MARGIN)), size, tuple(parts))


def even(text: str) -> tuple[Place, ...]:
    """Characters side by side over the whole line, where nobody knows better."""
    count = max(len(text), 1)
    return tuple(
        Place(character.strip(), 0, round(place / count, 4), round(1 / count, 4))
        for place, character in enumerate(text)
    )


def _quads(said: Content | None, reading: dict[str, Any], task: Task) -> tuple[Quad, ...]:
    """Where the VIN is: as a person said, else as it was read, else as the import told."""
    if said and said.quads and all(map(is_line, said.lines())):
        return said.lines()
    told = _lines(reading) or tuple(Quad(np.array(corners)) for corners in task.photo.region[:2])
    return told if all(map(is_line, told)) else ()


def is_line(quad: Quad) -> bool:
    """Whether it can be straightened at all: imports of others may bring crossed or flat ones."""
    return cv2.isContourConvex(quad.corners) and cv2.contourArea(quad.corners) >= SMALLEST


def _same_place(quads: Sequence[Quad], others: Sequence[Quad]) -> bool:
    """Whether two lines are one and read in one direction."""
    return len(quads) == len(others) and all(
        np.abs(one.corners - other.corners).max() < max(SHIFTED * one.height, 1.0)
        for one, other in zip(quads, others, strict=True)
    )


def _lines(reading: dict[str, Any]) -> tuple[Quad, ...]:
    return tuple(Quad(np.array(corners)) for corners in reading.get("quads", []))


def _work(said: Content | None, reading: dict[str, Any], placed: bool, blind: bool) -> Work:
    read = reading.get("characters", []) if placed else []
    places = [
        Place("" if blind else entry["character"], entry["part"], entry["box"][0], entry["box"][2])
        for entry in read
    ]
    if said is None:
        return Work(tuple(places) or even(" " * LENGTH))
    if said.characters:
        slots = tuple(Place(c.text, c.part, c.box[0], c.box[2]) for c in said.characters)
    elif len(places) == len(said.text):
        pairs = zip(places, said.text, strict=True)
        slots = tuple(replace(place, character=character.strip()) for place, character in pairs)
    else:
        slots = even(said.text)
    return Work(slots, False, said.tags)


def _address(pixels: np.ndarray) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(pixels, 85)).decode("ascii")

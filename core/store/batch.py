"""Reading many photos in the background: folder or upload in, predictions out, resumable at any photo.

Each photo is a transaction of its own, so that the desks never wait for the batch, and a batch that is killed
goes on where it was: photos that are here are not taken in again, readings that are here not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geometry import Quad
from core.images import ImageError, read_file
from core.records import Reading
from core.store.connect import Store
from core.store.content import Corners
from core.store.errors import Gone, Refused
from core.store.files import read_photo
from core.store.photos import Incoming, add_photo
from core.store.predictions import save_prediction, unread

Read = Callable[[bytes, Quad | None], Reading]
"""Bytes and the region, where one is known, to a reading; ``VinReader.read``."""

BATCH = 200
"""Photos that are looked up at a time."""


@dataclass(frozen=True)
class Step:
    """One photo done.

    Attributes:
        name: as the caller gave it, or the photo's sha256.
        photo: its id, 0 where it was not taken in.
        problem: what was wrong with it, empty where nothing was.
    """

    name: str
    photo: int
    problem: str = ""


def take_in(store: Store, paths: Iterable[str], origin: str) -> Iterator[Step]:
    """Take photo files into the store; a bad one is told and stops nothing."""
    for path in paths:
        try:
            yield Step(path, add_photo(store, Incoming(read_file(path), Path(path).name, origin)))
        except (ImageError, Gone, Refused) as error:
            yield Step(path, 0, str(error))


def read_waiting(store: Store, read: Read, models: Mapping[str, str], stale: bool = False) -> Iterator[Step]:
    """Read the photos that have no reading yet, or with ``stale`` those whose reading is another champion's.

    Approved and rejected photos are left alone. A photo that breaks the reader gets a reading with the status
    ``error``, so that it is not tried for ever. One whose file is not there, or for which there was no
    memory, is told and stays waiting: that is no fault of the photo.

    Args:
        store: where.
        read: the reader.
        models: its networks' fingerprints.
        stale: read again instead.
    """
    after = 0
    while batch := unread(store, models, BATCH, after, stale):
        for photo, sha256, region in batch:
            try:
                data = read_photo(store, sha256)
                reading = _read(read, data, around(region))
            except (Gone, MemoryError) as error:
                yield Step(sha256, photo, str(error) or "there was not enough memory to read it")
                continue
            try:
                save_prediction(store, photo, reading, models)
                yield Step(sha256, photo, reading.error or "")
            except Gone:  # forgotten meanwhile
                yield Step(sha256, 0, "forgotten")
        after = batch[-1][0]


def around(region: Sequence[Corners]) -> Quad | None:
    """Where to read: the quad that came with a photo, or a box that holds both where there are two."""
    quads = [Quad(np.array(corners)) for corners in region]
    if len(quads) < 2:
        return quads[0] if quads else None
    left, top, right, bottom = np.inf, np.inf, -np.inf, -np.inf
    for x, y, width, height in (quad.bounds() for quad in quads):
        left, top = min(left, x), min(top, y)
        right, bottom = max(right, x + width), max(bottom, y + height)
    return Quad.from_box((left, top, right - left, bottom - top))


def _read(read: Read, data: bytes, region: Quad | None) -> Reading:
    try:
        return read(data, region)
    except MemoryError:
        raise
    except Exception as error:  # the other photos are not to be lost for one
        told = f"the photo could not be read ({error})"
        return Reading(vin=None, status="error", confidence=0.0, check_digit="not_applicable", error=told)

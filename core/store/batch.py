"""Reading many photos in the background: folder or upload in, predictions out, resumable at any photo.

Each photo is a transaction of its own, so that the desks never wait for the batch, and a batch that is killed
goes on where it was: photos that are here are not taken in again, readings that are here not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geometry import Quad
from core.images import ImageError, read_file
from core.records import Reading
from core.store.connect import Store
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
    ``error``, so that it is not tried for ever.

    Args:
        store: where.
        read: the reader.
        models: its networks' fingerprints.
        stale: read again instead.
    """
    after = 0
    while batch := unread(store, models, BATCH, after, stale):
        for photo, sha256, region in batch:
            reading = _read(store, read, sha256, Quad(np.array(region[0])) if region else None)
            try:
                save_prediction(store, photo, reading, models)
                yield Step(sha256, photo, reading.error or "")
            except Gone:  # forgotten meanwhile
                yield Step(sha256, 0, "forgotten")
        after = batch[-1][0]


def _read(store: Store, read: Read, sha256: str, region: Quad | None) -> Reading:
    try:
        return read(read_photo(store, sha256), region)
    except Exception as error:  # the other photos are not to be lost for one
        told = str(error) if isinstance(error, Gone) else f"the photo could not be read ({error})"
        return Reading(vin=None, status="error", confidence=0.0, check_digit="not_applicable", error=told)

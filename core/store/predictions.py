"""What the networks said of a photo, one reading per photo and set of networks, and what teaches most."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from sqlite_utils import Database

from core.records import Reading
from core.store.connect import Row, Store, first, insert, rows, scalar, update
from core.store.content import Corners, corners_in
from core.store.photos import present
from core.store.texts import compact


@dataclass(frozen=True)
class Prediction:
    """One reading of one photo.

    Attributes:
        id: in this store.
        photo: its id.
        models: which networks, see :func:`models_key`.
        vin: what was read, None where nothing was.
        status: ``accepted``, ``review``, ``retake``, ``no_vin`` or ``error``.
        confidence: calibrated, 0..1.
        disagreement: share of the characters on which the readers differ, 0..1.
        reading: the object that ``read --json`` prints.
        at: seconds since 1970 UTC.
    """

    id: int
    photo: int
    models: str
    vin: str | None
    status: str
    confidence: float
    disagreement: float
    reading: dict[str, Any]
    at: float


@dataclass(frozen=True)
class Worth:
    """How much each reason counts for a photo's place in the queue; they need not sum to 1.

    Attributes:
        uncertainty: the reading is likely wrong.
        disagreement: the readers differ.
        maker: few photos of this maker are labelled.
        kind: few photos of this kind are labelled.
        chance: the photo's own draw, so that nothing is never looked at.
    """

    uncertainty: float = 0.5
    disagreement: float = 0.25
    maker: float = 0.1
    kind: float = 0.1
    chance: float = 0.05


def models_key(models: Mapping[str, str]) -> str:
    """Names and fingerprints of the networks as one text: ``craft=1a2b3c4d ctc=5e6f7a8b``."""
    return " ".join(f"{name}={mark}" for name, mark in sorted(models.items()))


def save_prediction(
    store: Store,
    photo: int,
    reading: Reading,
    models: Mapping[str, str] | None = None,
    worth: Worth | None = None,
) -> int:
    """Keep a reading and give the photo its place in the queue; returns the prediction's id.

    The same networks are heard once per photo: a second reading of theirs changes nothing.

    Args:
        store: where.
        photo: its id.
        reading: what came out.
        models: of a reading that failed before any network was asked; default ``reading.models``.
        worth: weights of the queue.

    Raises:
        Gone: there is no such photo any more.
    """
    entries = reading.to_json("")
    entries.pop("photo")
    key = models_key(reading.models or models or {})
    text = compact(entries, "the reading")
    with store.writing() as db:
        row = present(db, photo)
        there = scalar(db, "SELECT id FROM predictions WHERE photo = ? AND models = ?", [photo, key])
        number = there or insert(db, "predictions", {
            "photo": photo, "models": key, "vin": reading.vin, "status": reading.status,
            "confidence": reading.confidence, "disagreement": _disagreement(reading), "reading": text,
            "milliseconds": reading.milliseconds.get("total", 0.0), "at": store.now(),
        })  # fmt: skip
        said = first(db, "SELECT * FROM predictions WHERE id = ?", [number])
        assert said is not None
        fields: Row = {"prediction": number, "models": key, "read": said["vin"]}
        fields |= {"status": said["status"], "confidence": said["confidence"]}
        if not row["content"]:
            fields["wmi"] = said["vin"][:3] if said["vin"] else None
        fields["priority"] = _priority(
            {**row, **fields, "disagreement": said["disagreement"]}, _Labelled(db), worth or Worth()
        )
        update(db, "photos", photo, fields)
    return int(number)


def prediction(store: Store, key: int) -> Prediction | None:
    """One prediction by its id."""
    with store.reading() as db:
        return prediction_in(db, key)


def prediction_in(db: Database, key: int | None) -> Prediction | None:
    """:func:`prediction` within a transaction."""
    row = first(db, "SELECT * FROM predictions WHERE id = ?", [key])
    return _prediction(row) if row else None


def predictions_of(store: Store, photo: int) -> list[Prediction]:
    """All readings of a photo, newest first."""
    with store.reading() as db:
        sql = "SELECT * FROM predictions WHERE photo = ? ORDER BY id DESC"
        return [_prediction(row) for row in rows(db, sql, [photo])]


def unread(
    store: Store, models: Mapping[str, str], limit: int, after: int = 0, stale: bool = False
) -> list[tuple[int, str, tuple[Corners, ...]]]:
    """Photos that these networks have not read: ``(id, sha256, region)``, in the order of their ids.

    Args:
        store: where.
        models: name -> fingerprint.
        limit: most photos to give.
        after: the last id of the batch before.
        stale: only photos that other networks have read; default: those that none has.
    """
    with store.reading() as db:
        found = rows(
            db,
            f"SELECT id, sha256, region FROM photos WHERE {_UNREAD[stale]} AND id > ? ORDER BY id LIMIT ?",
            [models_key(models), after, limit],
        )
    return [(row["id"], row["sha256"], corners_in(row["region"])) for row in found]


def count_unread(store: Store, models: Mapping[str, str], stale: bool = False) -> int:
    """How many photos :func:`unread` would give in all."""
    with store.reading() as db:
        sql = f"SELECT COUNT(*) FROM photos WHERE {_UNREAD[stale]}"
        return int(scalar(db, sql, [models_key(models)]))


def refresh_priorities(store: Store, worth: Worth | None = None) -> int:
    """Give every photo that waits its place anew, after labels shifted what is rare; returns how many."""
    weights, after, done = worth or Worth(), 0, 0
    while True:
        # In portions, so that nobody who saves has to wait for long.
        with store.writing() as db:
            batch = rows(
                db,
                "SELECT p.*, r.disagreement FROM photos p LEFT JOIN predictions r ON r.id = p.prediction "
                "WHERE +p.state IN ('open', 'returned', 'second', 'labelled', 'disputed') AND p.id > ? "
                "ORDER BY p.id LIMIT 2000",
                [after],
            )
            if not batch:
                return done
            labelled = _Labelled(db)
            placed = [(_priority(row, labelled, weights), row["id"]) for row in batch]
            db.conn.executemany("UPDATE photos SET priority = ? WHERE id = ?", placed)
        after, done = batch[-1]["id"], done + len(batch)


_WAITING = "state NOT IN ('approved', 'rejected', 'forgotten')"
_UNREAD = {
    False: f"prediction IS NULL AND ? IS NOT NULL AND {_WAITING}",
    True: f"prediction IS NOT NULL AND models != ? AND {_WAITING}",
}


class _Labelled:
    """How many photos of a maker or a kind are labelled, each counted once and up to a bound."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._found: dict[tuple[str, str], int] = {}

    def rarity(self, column: str, value: str | None) -> float:
        if not value:
            return 0.5
        if (column, value) not in self._found:
            # Past a thousand it is not rare, however many there are.
            self._found[column, value] = scalar(
                self._db,
                f"SELECT COUNT(*) FROM (SELECT 1 FROM photos WHERE {column} = ? "
                "AND state IN ('labelled', 'approved') LIMIT 1000)",
                [value],
            )
        return 1 / sqrt(1 + self._found[column, value])


def _priority(row: Row, labelled: _Labelled, worth: Worth) -> float:
    return (
        worth.uncertainty * _uncertainty(row["status"], row["confidence"])
        + worth.disagreement * (row["disagreement"] or 0.0)
        + worth.maker * labelled.rarity("wmi", row["wmi"])
        + worth.kind * labelled.rarity("kind", row["kind"])
        + worth.chance * row["dice"]
    )


def _uncertainty(status: str | None, confidence: float | None) -> float:
    """0..1; photos that hardly anybody could read teach little, unread ones wait in the middle."""
    fixed = {None: 0.5, "no_vin": 0.5, "retake": 0.2, "error": 0.05}
    return fixed[status] if status in fixed else 1.0 - (confidence or 0.0)


def _disagreement(reading: Reading) -> float:
    if reading.chosen is None:
        return 0.0
    opinions = [slot.opinions for slot in reading.chosen.slots if slot.opinions]
    if opinions:
        return sum(len(set(opinion.values())) > 1 for opinion in opinions) / len(opinions)
    return float(len(set(reading.chosen.readers.values())) > 1)


def _prediction(row: Row) -> Prediction:
    return Prediction(
        row["id"], row["photo"], row["models"], row["vin"], row["status"], row["confidence"],
        row["disagreement"], json.loads(row["reading"]), row["at"],
    )  # fmt: skip

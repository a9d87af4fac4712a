"""What looks like a mistake across photos: a VIN on two cars, a photo twice, an approved VIN changed.

Nothing is decided here: each alert names photos to look at, and is settled by a reviewer who did.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from sqlite_utils import Database

from core.store.connect import Row, Store, rows, scalar
from core.store.groups import near_pairs
from core.store.people import allowed
from core.store.texts import WORD, checked

KINDS = ("same vin", "same photo", "changed after approval")

MOST = 200
"""Alerts of each kind that are listed; settled ones make room for more."""


@dataclass(frozen=True)
class Alert:
    """Photos to look at together.

    Attributes:
        key: names the alert; another photo makes it another.
        kind: of ``KINDS``.
        photos: their ids.
        words: what is odd about them.
        weight: the higher, the likelier a mistake.
    """

    key: str
    kind: str
    photos: tuple[int, ...]
    words: str
    weight: float


def alerts(store: Store, viewer: int) -> list[Alert]:
    """All that are not settled, the likeliest mistakes first; photos that came in since are compared now.

    Raises:
        NotAllowed: the viewer may not review.
    """
    with store.reading() as db:
        allowed(db, viewer, "review")
    compare_new(store)
    with store.reading() as db:
        settled = {row["alert"] for row in rows(db, "SELECT alert FROM settled")}
        found = [*_same_vin(db, settled), *_same_photo(db, settled), *_changed(db, settled)]
    return sorted(found, key=lambda one: (-one.weight, one.kind, one.photos))


def settle(store: Store, person: int, key: str) -> None:
    """Say that an alert was looked at; it comes back only with other photos.

    Raises:
        NotAllowed: the person may not review.
    """
    with store.writing() as db:
        allowed(db, person, "review")
        db.execute(
            "INSERT OR REPLACE INTO settled (alert, person, at) VALUES (?, ?, ?)",
            [checked(key, "the alert", WORD, least=1), person, store.now()],
        )


def compare_new(store: Store) -> int:
    """Find photos that look like those that came in since the last look; returns how many came in."""
    with store.reading() as db:
        seen = int(scalar(db, "SELECT photo FROM alike_seen") or 0)
        if int(scalar(db, "SELECT MAX(id) FROM photos") or 0) <= seen:
            return 0
        found = db.execute("SELECT id, phash FROM photos WHERE phash IS NOT NULL ORDER BY id").fetchall()
    keys = np.array([key for key, _ in found], dtype=np.int64)
    hashes = np.array([int(text, 16) for _, text in found], dtype=np.uint64)
    pairs = keys[near_pairs(hashes)]
    pairs = pairs[(pairs > seen).any(axis=1)].tolist()
    with store.writing() as db:
        db.conn.executemany(
            "INSERT OR IGNORE INTO alike (one, other) SELECT ?, ? WHERE NOT EXISTS "
            "(SELECT 1 FROM photos WHERE id IN (?, ?) AND state = 'forgotten')",
            [(*pair, *pair) for pair in pairs],
        )
        if len(keys):
            db.execute("INSERT OR REPLACE INTO alike_seen (id, photo) VALUES (1, ?)", [int(keys[-1])])
    return int((keys > seen).sum())


def _same_vin(db: Database, settled: set[str]) -> list[Alert]:
    """One label's VIN on photos that do not look alike: two views of a car, or two cars."""
    groups = db.execute(
        "SELECT vin, COUNT(*) AS many, MIN(COALESCE(wmi, '')), SUM(COALESCE(wrong, 0) > 0) AS doubts, "
        "COUNT(DISTINCT origin) FROM photos WHERE vin IN (SELECT vin FROM photos WHERE vin IS NOT NULL "
        "GROUP BY vin HAVING COUNT(*) > 1) AND state NOT IN ('forgotten', 'rejected') "
        "AND instr(vin, '?') = 0 GROUP BY vin HAVING many > 1 ORDER BY doubts DESC, many DESC LIMIT ?",
        [MOST + len(settled)],
    ).fetchall()
    found = []
    for vin, _, _, doubts, origins in groups:
        photos = tuple(row[0] for row in db.execute(
            "SELECT id FROM photos WHERE vin = ? AND state NOT IN ('forgotten', 'rejected') ORDER BY id",
            [vin],
        ).fetchall())  # fmt: skip
        alike = _alike_among(db, photos)
        if len(alike) >= len(photos) * (len(photos) - 1) // 2:
            continue  # copies of one picture: that is the other alert
        key = _key("same vin", photos)
        if key in settled:
            continue
        words = f"{len(photos)} photos that do not look alike carry one VIN: one car, or a label on two cars?"
        if doubts:
            words += f" On {doubts} of them another VIN was read."
        if origins > 1:
            words += f" They came in {origins} ways."
        found.append(Alert(key, "same vin", photos, words, 2.0 + (doubts > 0) + 0.1 * (origins > 1)))
    return found[:MOST]


def _same_photo(db: Database, settled: set[str]) -> list[Alert]:
    pairs = rows(
        db,
        "SELECT a.one, a.other, p.vin AS left, q.vin AS right FROM alike a JOIN photos p ON p.id = a.one "
        "JOIN photos q ON q.id = a.other WHERE p.state NOT IN ('forgotten', 'rejected') "
        "AND q.state NOT IN ('forgotten', 'rejected') "
        "ORDER BY (p.vin != q.vin) DESC, a.one, a.other LIMIT ?",
        [MOST + len(settled)],
    )
    found = []
    for pair in pairs:
        photos = (pair["one"], pair["other"])
        key = _key("same photo", photos)
        if key in settled:
            continue
        differ = _differ(pair)
        words = "The same picture twice" + (", labelled with two VINs." if differ else ".")
        found.append(Alert(key, "same photo", photos, words, 4.0 if differ else 1.0))
    return found[:MOST]


def _differ(pair: Row) -> bool:
    return bool(pair["left"] and pair["right"] and pair["left"] != pair["right"])


def _changed(db: Database, settled: set[str]) -> list[Alert]:
    changed = rows(
        db,
        "SELECT p.id, p.edited, p.state, w.name FROM photos p JOIN events e ON e.id = p.edited "
        "JOIN people w ON w.id = e.person WHERE p.edited IS NOT NULL AND p.state != 'forgotten' "
        "ORDER BY p.edited DESC LIMIT ?",
        [MOST + len(settled)],
    )
    found = []
    for row in changed:
        key = _key("changed", (row["id"], row["edited"]))
        if key in settled:
            continue
        again = row["state"] == "approved"
        words = f"{row['name']} changed the VIN after it was approved" + (
            "; approved again." if again else "."
        )
        found.append(Alert(key, "changed after approval", (row["id"],), words, 1.5 if again else 3.5))
    return found[:MOST]


def _alike_among(db: Database, photos: tuple[int, ...]) -> list[tuple[int, int]]:
    marks = ", ".join(str(key) for key in photos)
    return db.execute(
        f"SELECT one, other FROM alike WHERE one IN ({marks}) AND other IN ({marks})"
    ).fetchall()


def _key(kind: str, numbers: tuple[int, ...]) -> str:
    """Without any VIN in it: a forgotten one must not stay here."""
    return hashlib.sha256(f"{kind}:{numbers}".encode()).hexdigest()[:32]

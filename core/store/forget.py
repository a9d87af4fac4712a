"""Erasing a photo and everything that was said of it: VINs can be personal data, and people may ask.

What stays is a tombstone: the photo's sha256 (so that it is not taken in again), when, by whom, and why in
one of four words. Texts, boxes, readings, drafts, names and the file are overwritten, also in the WAL. What
left the house before (exports, copies of backups, trained networks) is out of the store's reach;
:func:`core.store.backup.bring_back` forgets again what was forgotten since the backup.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from core.store.annotations import MAIN, next_event
from core.store.connect import Row, Store, first, insert, rows, update
from core.store.errors import Gone, Refused
from core.store.files import erase_photo, path_of
from core.store.people import allowed
from core.store.snapshots import content_hash
from core.store.texts import WORD, checked

WHY = ("request", "mistake", "private", "other")
"""A reason in one word; free text could hold the very thing that is to be forgotten."""


@dataclass(frozen=True)
class Tombstone:
    """What is left of a forgotten photo.

    Attributes:
        photo: its id.
        sha256: of its file.
        at: when, seconds since 1970 UTC.
        by: id of who did it.
        why: one of ``WHY``.
    """

    photo: int
    sha256: str
    at: float
    by: int
    why: str


def forget(store: Store, photo: int, person: int, why: str, uid: str) -> Tombstone:
    """Erase a photo for good. Forgetting it again gives the same tombstone.

    Args:
        store: where.
        photo: its id.
        person: an admin.
        why: one of ``WHY``.
        uid: of this save.

    Raises:
        Refused: no such reason.
        Gone: there never was such a photo.
        NotAllowed, Busy, Unwritable: as their names say.
    """
    if why not in WHY:
        raise Refused(f"{why[:40]!r} is no reason; there are {', '.join(WHY)}")
    checked(uid, "the save's id", WORD, least=1)
    with store.writing() as db:
        allowed(db, person, "forget")
        row = first(db, "SELECT * FROM photos WHERE id = ?", [photo])
        if row is None:
            raise Gone(f"there is no photo {photo}")
        if row["state"] != "forgotten":
            erase_in(db, row, person, why, uid, store.now())
        stone = _stone(db, photo)
    sweep(store)
    return stone


def tombstones(store: Store) -> list[Tombstone]:
    """All of them, oldest first."""
    with store.reading() as db:
        found = rows(db, "SELECT photo FROM events WHERE action = 'forget' ORDER BY id")
        return [_stone(db, row["photo"]) for row in found]


def sweep(store: Store) -> None:
    """Finish what a crash may have left: files of forgotten photos, and their old pages in the WAL.

    Raises:
        Unwritable: a file cannot be erased.
        Busy: somebody reads the old pages for longer than the store's patience.
    """
    with store.reading() as db:
        found = rows(db, "SELECT sha256 FROM photos WHERE state = 'forgotten'")
    for row in found:
        if path_of(store, row["sha256"]).exists():
            erase_photo(store, row["sha256"])
    sweep_runs(store)
    store.emptied_wal()


def sweep_runs(store: Store) -> None:
    """What jobs keep of single photos: a file that names a forgotten one goes; it can be made anew."""
    with store.reading() as db:
        gone = {row["sha256"] for row in rows(db, "SELECT sha256 FROM photos WHERE state = 'forgotten'")}
    if not gone:
        return
    for path in (store.home / "runs").glob("*/*.json*"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if any(sha256 in text for sha256 in gone):
            path.unlink()


def erase_in(db: Database, row: Row, person: int, why: str, uid: str, now: float) -> None:
    """Erase a photo's rows within a transaction."""
    photo = row["id"]
    held = [entry["snapshot"] for entry in rows(
        db, "SELECT snapshot FROM snapshot_items WHERE photo = ?", [photo]
    )]  # fmt: skip
    db.execute("INSERT INTO erasing (photo) VALUES (?)", [photo])
    for table in (
        "snapshot_items",
        "pseudo_labels",
        "taught",
        "leases",
        "blind",
        "skips",
        "drafts",
        "events",
        "predictions",
    ):
        db.execute(f"DELETE FROM {table} WHERE photo = ?", [photo])
    db.execute("DELETE FROM erasing WHERE photo = ?", [photo])
    told = ("phash", "region", "vin_group", "vin", "read", "wmi", "kind", "tags")
    worked_out = ("author", "apart", "wrong", "twice", "edited")
    blank = dict.fromkeys((*told, *worked_out, "prediction", "models", "status", "confidence"))
    zero = dict.fromkeys(("width", "height", "bytes", "content", "priority", "gold", "double"), 0)
    key = next_event(db)
    rest = {"name": "", "origin": "", "format": "", "state": "forgotten", "version": key, "changed": now}
    update(db, "photos", photo, {**blank, **zero, **rest})
    insert(db, "events", {
        "id": key, "uid": uid, "photo": photo, "track": MAIN, "action": "forget", "person": person,
        "role": "admin", "at": now, "base": row["version"], "state": "forgotten", "reason": why,
    })  # fmt: skip
    for snapshot in held:
        db.execute(
            "UPDATE snapshots SET forgotten = forgotten + 1, left_hash = ? WHERE id = ?",
            [content_hash(db, snapshot), snapshot],
        )


def _stone(db: Database, photo: int) -> Tombstone:
    row = first(
        db,
        "SELECT p.id, p.sha256, e.at, e.person, e.reason FROM photos p JOIN events e ON e.photo = p.id "
        "WHERE p.id = ? AND e.action = 'forget'",
        [photo],
    )
    assert row is not None
    return Tombstone(row["id"], row["sha256"], row["at"], row["person"], row["reason"])

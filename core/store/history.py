"""Looking back and going back: the history of a photo, undo, and any earlier state restored."""

from __future__ import annotations

from sqlite_utils import Database

from core.store.annotations import (
    EVENTS,
    MAIN,
    append,
    event,
    event_of,
    head_of,
    next_event,
    same_save,
    track_of,
)
from core.store.connect import Row, Store, first, insert, rows, scalar
from core.store.entries import Event
from core.store.errors import Conflict, Refused
from core.store.people import allowed, role_for
from core.store.photos import present


def history(store: Store, photo: int, seen_by: int | None = None) -> list[Event]:
    """Everything that was done to a photo, oldest first.

    Args:
        store: where.
        photo: its id; a forgotten one has its tombstone only.
        seen_by: a person who shall stay blind: where they were asked for a second label, or are being
            checked, they see their own events only.
    """
    with store.reading() as db:
        sql, values = EVENTS + "WHERE e.photo = ?", [photo]
        if seen_by is not None and track_of(db, photo, seen_by) != MAIN:
            sql, values = sql + " AND e.track = ?", [photo, seen_by]
        return [event_of(row) for row in rows(db, sql + " ORDER BY e.id", values)]


def work_of(store: Store, person: int, limit: int = 50, before: int | None = None) -> list[Event]:
    """What a person did, newest first."""
    values: list[int] = [person, before if before is not None else 2**62, limit]
    sql = EVENTS + "WHERE e.person = ? AND e.id < ? ORDER BY e.id DESC LIMIT ?"
    with store.reading() as db:
        return [event_of(row) for row in rows(db, sql, values)]


def seconds_spent(store: Store, person: int, since: float) -> list[float]:
    """Seconds that each label and rejection of this person took, oldest first, without those taken back.

    Args:
        store: where.
        person: who.
        since: seconds since 1970 UTC.
    """
    sql = (
        "SELECT seconds FROM events e INDEXED BY events_of_person WHERE person = ? AND at >= ? "
        "AND action IN ('label', 'reject') AND NOT EXISTS (SELECT 1 FROM events u INDEXED BY events_of_photo "
        "WHERE u.photo = e.photo AND u.track = e.track AND u.undoes = e.id) ORDER BY id"
    )
    with store.reading() as db:
        return [row["seconds"] for row in rows(db, sql, [person, since])]


def undo(store: Store, person: int, uid: str, photo: int | None = None) -> Event:
    """Take back what a person did last, today or before a restart; again, and it takes back what came before.

    Args:
        store: where.
        person: who; only their own doing is taken back.
        uid: of this undo.
        photo: only there; default: wherever they worked last.

    Raises:
        Refused: they have done nothing that could be taken back.
        Conflict: somebody has built upon it; restore a version instead.
    """
    with store.writing() as db:
        who = allowed(db, person, "label")
        done = first(db, "SELECT photo, person FROM events WHERE uid = ?", [uid])
        if done:
            before = same_save(db, uid, done["photo"], person)
            if before:
                return before
        last = _last_done(db, person, photo)
        if last is None:
            raise Refused("there is nothing left to undo")
        key = last["photo"]
        row = present(db, key)
        columns = {
            "uid": uid, "action": "undo", "person": person, "role": role_for(who, "label"),
            "undoes": last["id"],
        }  # fmt: skip
        head = head_of(db, key, last["track"])
        if last["action"] == "skip":
            # It says once more what the track says anyway, and moves no version.
            number = next_event(db)
            insert(db, "events", {
                **columns, "id": number, "photo": key, "track": last["track"], "at": store.now(),
                "base": row["version"], "state": head["state"] if head else "open",
                "content": head["content"] if head else 0,
            })  # fmt: skip
            db.execute("DELETE FROM skips WHERE photo = ? AND person = ?", [key, person])
            return event(db, number)
        assert head is not None
        if _effective(db, head) != last["id"]:
            raise Conflict(key, last["id"], head["id"], _name(db, head["person"]))
        state, content = _as_of(db, last["base"])
        number = append(
            db, key, last["track"], head["id"], store.now(),
            **columns, restores=last["base"], state=state, content=content,
        )  # fmt: skip
        return event(db, number)


def restore(store: Store, photo: int, person: int, version: int, base: int, uid: str) -> Event:
    """Bring a photo back to what it was after an earlier event; what came since stays in the history.

    An approval is not brought back by somebody who wrote the label: it returns as labelled.

    Args:
        store: where.
        photo: its id.
        person: a reviewer.
        version: the event, 0 for the untouched photo.
        base: the version that they look at now.
        uid: of this save.

    Raises:
        Refused: that event is not one of this photo's versions.
        Conflict, NotAllowed, Gone, Busy, Unwritable: as their names say.
    """
    with store.writing() as db:
        who = allowed(db, person, "review")
        before = same_save(db, uid, photo, person)
        if before:
            return before
        present(db, photo)
        if version and not scalar(
            db,
            "SELECT 1 FROM events WHERE id = ? AND photo = ? AND track = 0 "
            "AND action NOT IN ('skip', 'forget')",
            [version, photo],
        ):
            raise Refused(f"event {version} is no version of photo {photo}; see its history")
        state, content = _as_of(db, version)
        author = scalar(db, "SELECT person FROM events WHERE id = ?", [content]) if content else None
        if state == "approved" and author == person:
            state = "labelled"
        number = append(
            db, photo, MAIN, base, store.now(),
            uid=uid, action="restore", person=person, role=role_for(who, "review"), restores=version,
            state=state, content=content,
        )  # fmt: skip
        return event(db, number)


def _last_done(db: Database, person: int, photo: int | None) -> Row | None:
    # By the photo's few events where one is named, not through all that the person ever did.
    index, which = ("events_of_person", "") if photo is None else ("events_of_photo", "AND photo = ? ")
    return first(
        db,
        f"SELECT e.* FROM events e INDEXED BY {index} WHERE person = ? {which}"
        "AND action NOT IN ('undo', 'forget') AND NOT EXISTS (SELECT 1 FROM events u "
        "INDEXED BY events_of_photo WHERE u.photo = e.photo AND u.track = e.track AND u.undoes = e.id) "
        "ORDER BY id DESC LIMIT 1",
        [person] if photo is None else [person, photo],
    )


def _effective(db: Database, head: Row | None) -> int:
    """The event whose doing is in force: an undo hands over to what it brought back."""
    while head is not None and head["action"] == "undo":
        head = first(db, "SELECT * FROM events WHERE id = ?", [head["restores"]])
    return head["id"] if head else 0


def _as_of(db: Database, version: int) -> tuple[str, int]:
    row = first(db, "SELECT state, content FROM events WHERE id = ?", [version])
    return (row["state"], row["content"]) if row else ("open", 0)


def _name(db: Database, person: int) -> str:
    return str(scalar(db, "SELECT name FROM people WHERE id = ?", [person]))

"""What people say of photos: events that are added, never changed, and the state that follows from them.

Every photo has a version, the id of the event that last changed it. Whoever saves names the version they saw;
where it is not the present one, nothing is written and they get a :class:`Conflict`. Blind second labels and
hidden gold checks run on a track of their own per person, so that nobody sees, or collides with, the other.
"""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from core.store.connect import Row, Store, first, insert, rows, scalar, update
from core.store.content import Content, Draft
from core.store.entries import Event
from core.store.errors import Conflict, Refused, StoreError
from core.store.people import allowed, role_for
from core.store.photos import present
from core.store.texts import NOTE, WORD, checked

MAIN = 0
"""The track of the photo itself; others are called after the person."""

UNSKIPPED = "action = 'undo' AND restores IS NULL"
"""An event that takes back a skip: like the skip itself it changes no photo."""


def save(store: Store, draft: Draft) -> Event:
    """Save a label. When this returns, it is on the disk; saving the same draft again changes nothing.

    Raises:
        Conflict: somebody else was faster.
        Refused: the text is no VIN, or a field is too long.
        NotAllowed, Gone, Busy, Unwritable: as their names say.
        In every case ``error.draft`` is the draft, unchanged.
    """
    try:
        ready = draft.checked()
        with store.writing() as db:
            who = allowed(db, ready.person, "label")
            before = same_save(db, ready.uid, ready.photo, ready.person)
            if before:
                return before
            photo = present(db, ready.photo)
            track = track_of(db, ready.photo, ready.person)
            state = "second" if track == MAIN and _wants_second(db, photo, who.id) else "labelled"
            key = next_event(db)
            if ready.prediction is not None and not scalar(
                db, "SELECT 1 FROM predictions WHERE id = ? AND photo = ?", [ready.prediction, ready.photo]
            ):
                raise Refused("the prediction that the label started from belongs to another photo")
            append(
                db, ready.photo, track, ready.base, store.now(),
                id=key, uid=ready.uid, action="label", person=who.id, role=role_for(who, "label"),
                seconds=ready.seconds, state=state, content=key, prediction=ready.prediction,
                note=ready.note, **ready.content.to_row(),
            )  # fmt: skip
            finish(db, ready.photo, ready.person)
            return event(db, key)
    except StoreError as error:
        error.draft = draft
        raise


def reject(
    store: Store, photo: int, person: int, base: int, reason: str, uid: str, seconds: float = 0.0,
    desk: str = "label",
) -> Event:  # fmt: skip
    """Say that a photo cannot be used: no VIN in it, illegible, not a car.

    Args:
        store: where.
        photo: its id.
        person: who.
        base: the version that they looked at.
        reason: in words.
        uid: of this save.
        seconds: spent.
        desk: ``review`` is about the photo itself, whatever the person once answered blindly.

    Raises:
        Refused: there is no reason.
        Conflict, NotAllowed, Gone, Busy, Unwritable: as their names say.
    """
    reason = checked(reason, "the reason", NOTE, least=1)
    with store.writing() as db:
        who = allowed(db, person, desk)
        before = same_save(db, _uid(uid), photo, person)
        if before:
            return before
        present(db, photo)
        if desk == "review":
            seen_by(db, photo, person)
        track = track_of(db, photo, person)
        key = append(
            db, photo, track, base, store.now(),
            uid=uid, action="reject", person=person, role=role_for(who, desk), seconds=seconds,
            state="rejected", content=_in_force(db, photo, track)[1], reason=reason,
        )  # fmt: skip
        finish(db, photo, person)
        return event(db, key)


def skip(store: Store, photo: int, person: int, uid: str, seconds: float = 0.0) -> Event:
    """Leave a photo to others; it does not come back to this person by itself."""
    with store.writing() as db:
        who = allowed(db, person, "label")
        before = same_save(db, _uid(uid), photo, person)
        if before:
            return before
        row = present(db, photo)
        track = track_of(db, photo, person)
        key = next_event(db)
        insert(db, "events", {
            "id": key, "uid": uid, "photo": photo, "track": track, "action": "skip", "person": person,
            "role": role_for(who, "label"), "at": store.now(), "seconds": seconds, "base": row["version"],
            "state": row["state"],
        })  # fmt: skip
        db.execute("INSERT OR IGNORE INTO skips (photo, person) VALUES (?, ?)", [photo, person])
        finish(db, photo, person)
        return event(db, key)


# What other files of this room build on.


def append(db: Database, photo: int, track: int, base: int, now: float, **columns: Any) -> int:
    """Add an event that changes the state, if ``base`` is still the version, and bring the photo up to date.

    Raises:
        Conflict: it is not.
    """
    head = head_of(db, photo, track)
    version = head["id"] if head else 0
    if version != base:
        by = scalar(db, "SELECT name FROM people WHERE id = ?", [head["person"]]) if head else ""
        raise Conflict(photo, base, version, by or "")
    row = {"photo": photo, "track": track, "base": base, "at": now, "content": 0, **columns}
    key = insert(db, "events", row)
    refresh(db, photo, now)
    return key


def refresh(db: Database, photo: int, now: float) -> None:
    """Write the state that follows from a photo's events into its row."""
    head, state, content = standing(db, photo)
    fields: Row = {"state": state, "version": head, "content": content, "changed": now, "vin": None}
    tags = "[]"
    if content:
        said = first(db, "SELECT text, kind, tags FROM events WHERE id = ?", [content])
        assert said is not None
        fields |= {"vin": said["text"], "wmi": _maker(said["text"])}
        if said["kind"]:
            fields["kind"] = said["kind"]
        tags = said["tags"]
    else:
        read = scalar(db, "SELECT read FROM photos WHERE id = ?", [photo])
        fields["wmi"] = read[:3] if read else None
    # Troubles that came with the photo stay until somebody names some; from then on, none means none.
    if tags != "[]" or scalar(
        db, "SELECT 1 FROM events WHERE photo = ? AND track = 0 AND tags != '[]' LIMIT 1", [photo]
    ):
        fields["tags"] = tags
    update(db, "photos", photo, fields)


def standing(db: Database, photo: int) -> tuple[int, str, int]:
    """``(version, state, event of the label in force)`` as the events say it."""
    head = head_of(db, photo, MAIN)
    if head is None:
        return 0, "open", 0
    state = head["state"]
    if state == "second":
        text = scalar(db, "SELECT text FROM events WHERE id = ?", [head["content"]])
        said = [opinion["text"] for opinion in opinions(db, photo)]
        if said:
            state = "labelled" if all(other == text for other in said) else "disputed"
    return head["id"], state, head["content"]


def opinions(db: Database, photo: int) -> list[Row]:
    """The blind labels that stand, one per person: ``person``, ``event``, ``text`` (None: rejected)."""
    found = rows(
        db,
        "SELECT person, id AS event, state, text, content FROM events e WHERE photo = ? AND track != 0 "
        "AND action != 'skip' AND id = (SELECT MAX(id) FROM events WHERE photo = e.photo "
        "AND track = e.track AND action != 'skip')",
        [photo],
    )
    for row in found:
        if row["content"] and row["text"] is None and row["state"] == "labelled":
            row["text"] = scalar(db, "SELECT text FROM events WHERE id = ?", [row["content"]])
            row["event"] = row["content"]
    return [row for row in found if row["state"] != "open"]


def head_of(db: Database, photo: int, track: int) -> Row | None:
    """The event that last changed a track."""
    return first(
        db,
        "SELECT * FROM events WHERE photo = ? AND track = ? AND action NOT IN ('skip', 'forget') "
        f"AND NOT ({UNSKIPPED}) ORDER BY id DESC LIMIT 1",
        [photo, track],
    )


def newest_word(db: Database, photo: int) -> Row:
    """``id`` of the newest event on any track that says something of the photo, and who made it, ``by``."""
    found = first(
        db,
        "SELECT e.id, w.name AS by FROM events e JOIN people w ON w.id = e.person WHERE e.photo = ? "
        f"AND action != 'skip' AND NOT ({UNSKIPPED}) ORDER BY e.id DESC LIMIT 1",
        [photo],
    )
    return found or {"id": 0, "by": ""}


def track_of(db: Database, photo: int, person: int) -> int:
    """Where this person's word on this photo goes: their own track if they were asked blindly."""
    asked = scalar(db, "SELECT 1 FROM blind WHERE photo = ? AND person = ?", [photo, person])
    return person if asked else MAIN


def seen_by(db: Database, photo: int, person: int) -> None:
    """The person has seen what others said, on the Review desk: from here on they speak of the photo itself.

    Their blind answer stays beside it, as it was.
    """
    db.execute("DELETE FROM blind WHERE photo = ? AND person = ?", [photo, person])


def finish(db: Database, photo: int, person: int) -> None:
    """The person is done with the photo: their lease and their draft go."""
    db.execute("DELETE FROM leases WHERE photo = ? AND person = ?", [photo, person])
    db.execute("DELETE FROM drafts WHERE photo = ? AND person = ?", [photo, person])


def next_event(db: Database) -> int:
    """The id that the next event gets; certain, because the transaction holds the write lock."""
    return int(scalar(db, "SELECT seq FROM sqlite_sequence WHERE name = 'events'") or 0) + 1


def same_save(db: Database, uid: str, photo: int, person: int) -> Event | None:
    """The event that an earlier attempt at this very save left, if it came through.

    Raises:
        Refused: the id was used for something else.
    """
    row = first(db, "SELECT id, photo, person FROM events WHERE uid = ?", [_uid(uid)])
    if row is None:
        return None
    if (row["photo"], row["person"]) != (photo, person):
        raise Refused("the save's id was used for another photo; make a new one for each save")
    return event(db, row["id"])


EVENTS = (
    "SELECT e.*, p.name AS by, c.person AS author, c.text AS c_text, c.quads AS c_quads, "
    "c.characters AS c_characters, c.kind AS c_kind, c.tags AS c_tags, c.prediction AS c_prediction "
    "FROM events e JOIN people p ON p.id = e.person LEFT JOIN events c ON c.id = e.content "
)


def event(db: Database, key: int) -> Event:
    """One event with the label that is in force after it."""
    row = first(db, EVENTS + "WHERE e.id = ?", [key])
    if row is None:
        raise Refused(f"there is no event {key}")
    return event_of(row)


def event_of(row: Row) -> Event:
    """A row of ``EVENTS``."""
    content = Content.from_row({name: row[f"c_{name}"] for name in _CONTENT})
    return Event(
        row["id"], row["photo"], row["action"], row["person"], row["by"], row["role"], row["at"],
        row["seconds"], row["base"], row["undoes"], row["restores"], row["state"], content,
        row["author"] or 0, row["c_prediction"], row["reason"] or "", row["note"] or "", row["track"] != MAIN,
    )  # fmt: skip


_CONTENT = ("text", "quads", "characters", "kind", "tags")


def _in_force(db: Database, photo: int, track: int) -> tuple[int, int]:
    head = head_of(db, photo, track)
    return (head["id"], head["content"]) if head else (0, 0)


def _wants_second(db: Database, photo: Row, person: int) -> bool:
    # Only the first label of a photo is doubled; what comes back from the reviewer goes to the reviewer. But
    # a first labeller who comes back before that meets the second label again, whatever they say now.
    said = bool(opinions(db, photo["id"]))
    again = said and photo["author"] == person and photo["state"] in ("labelled", "disputed")
    return bool(photo["double"]) and (again or (not said and photo["state"] in ("open", "second")))


def _maker(text: str) -> str | None:
    return text[:3] if "?" not in text[:3] else None


def _uid(uid: str) -> str:
    return checked(uid, "the save's id", WORD, least=1)

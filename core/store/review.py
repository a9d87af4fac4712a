"""The second pair of eyes: approve and send back; nobody reviews their own work."""

from __future__ import annotations

from sqlite_utils import Database

from core.store.annotations import (
    MAIN,
    append,
    event,
    finish,
    head_of,
    newest_word,
    opinions,
    same_save,
    standing,
)
from core.store.connect import Store, scalar
from core.store.entries import Event
from core.store.errors import Conflict, NotAllowed, Refused
from core.store.people import Person, allowed, role_for
from core.store.photos import present
from core.store.texts import NOTE, checked


def approve(
    store: Store,
    photo: int,
    person: int,
    base: int,
    uid: str,
    choose: int | None = None,
    seconds: float = 0.0,
    note: str = "",
    newest: int | None = None,
) -> Event:
    """Say that the label is right.

    Args:
        store: where.
        photo: its id.
        person: a reviewer who did not label it.
        base: the version that they looked at.
        uid: of this save.
        choose: the event of a blind second label that shall count instead of the first.
        seconds: spent.
        note: a comment; it stays in the history.
        newest: ``Case.newest`` as they saw it: a blind second label that came since is a conflict.

    Raises:
        NotAllowed: not a reviewer, or their own work.
        Refused: there is nothing to approve.
        Conflict, Gone, Busy, Unwritable: as their names say.
    """
    note = checked(note, "the comment", NOTE)
    with store.writing() as db:
        before = same_save(db, uid, photo, person)
        if before:
            return before
        who = reviewing(db, photo, person)
        version, state, content = standing(db, photo)
        last = newest_word(db, photo)
        if newest is not None and version == base and last["id"] != newest:
            raise Conflict(photo, newest, last["id"], last["by"])
        if version == base:
            if choose is not None:
                if choose not in {opinion["event"] for opinion in opinions(db, photo) if opinion["text"]}:
                    raise Refused(f"event {choose} is no second label of photo {photo}")
                content = choose
            if state not in ("labelled", "disputed", "second") or not content:
                raise Refused(f"photo {photo} is {state}; there is no label to approve")
        key = append(
            db, photo, MAIN, base, store.now(),
            uid=uid, action="approve", person=person, role=role_for(who, "review"), seconds=seconds,
            state="approved", content=content, note=note,
        )  # fmt: skip
        finish(db, photo, person)
        return event(db, key)


def send_back(
    store: Store, photo: int, person: int, base: int, reason: str, uid: str, seconds: float = 0.0
) -> Event:
    """Return a photo to the labellers with a reason; it comes first in their queue.

    Raises:
        As :func:`approve`.
    """
    reason = checked(reason, "the reason", NOTE, least=1)
    with store.writing() as db:
        before = same_save(db, uid, photo, person)
        if before:
            return before
        who = reviewing(db, photo, person)
        head = head_of(db, photo, MAIN)
        if head is None:
            raise Refused(f"photo {photo} has no label yet; there is nothing to send back")
        key = append(
            db, photo, MAIN, base, store.now(),
            uid=uid, action="send_back", person=person, role=role_for(who, "review"), seconds=seconds,
            state="returned", content=head["content"], reason=reason,
        )  # fmt: skip
        db.execute("DELETE FROM skips WHERE photo = ?", [photo])
        finish(db, photo, person)
        return event(db, key)


def set_gold(store: Store, photo: int, person: int, gold: bool = True) -> None:
    """Make an approved photo a hidden check of the labellers, or an ordinary one again; it never trains.

    Raises:
        Refused: it is not approved, so its answer is not known.
        NotAllowed: the person may not review.
    """
    with store.writing() as db:
        allowed(db, person, "review")
        row = present(db, photo)
        if gold and row["state"] != "approved":
            raise Refused(f"photo {photo} is {row['state']}; only an approved label can check others")
        # The side stays when it is an ordinary photo again: what once was gold must not begin to train.
        db.execute("UPDATE photos SET gold = ?, side = 'gold' WHERE id = ?", [int(gold), photo])


def reviewing(db: Database, photo: int, person: int) -> Person:
    """The person, if they may review this photo.

    Raises:
        NotAllowed: they may not review, or they labelled it.
        Gone: the photo was forgotten.
    """
    who = allowed(db, person, "review")
    present(db, photo)
    if scalar(
        db,
        "SELECT 1 FROM events INDEXED BY events_of_photo WHERE photo = ? AND person = ? AND action = 'label'",
        [photo, person],
    ):
        raise NotAllowed(f"{who.name} labelled photo {photo}; nobody reviews their own work")
    return who

"""A photo in one person's hands for a while, so that no two people work on one.

A lease runs out; whoever comes then takes over. It is not a lock: a save that comes late still counts if the
photo's version has not moved, so that no work is lost to a long telephone call.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlite_utils import Database

from core.store.annotations import MAIN, event, head_of, seen_by, standing, track_of
from core.store.connect import Row, Store, first, rows, scalar
from core.store.content import Content
from core.store.entries import PhotoEntry
from core.store.errors import Refused
from core.store.people import allowed
from core.store.photos import present
from core.store.predictions import Prediction, prediction_in


@dataclass(frozen=True)
class QueueConfig:
    """How the queue deals out photos.

    Attributes:
        lease: seconds that a photo is kept for a person.
        double: share of new photos that a second person labels blindly.
        gold: share of a labeller's photos whose answer is known.
        chance: share drawn at random instead of by worth.
        again: share of turns in which a photo of a round's sample comes back to whoever skipped it.
        surest: only photos with a reading, those first that teach least: to be looked at many at a time.
    """

    lease: float = 15 * 60
    double: float = 0.1
    gold: float = 0.03
    chance: float = 0.1
    again: float = 0.05
    surest: bool = False


@dataclass(frozen=True)
class Task:
    """A photo for a person, as they may see it.

    Attributes:
        photo: what is known of it; of a blind second label and of a gold check nothing that others said.
        person: whose turn it is.
        base: the version to hand in with the save.
        until: when the lease runs out, seconds since 1970 UTC.
        prediction: the newest reading to start from, None where it waits for one.
        content: the label to correct, None where there is none yet.
        reason: why it was sent back.
        blind: a second label or a hidden check: the desk shows where the VIN is, but not what was read.
        mine: the label that counts is this person's own.
    """

    photo: PhotoEntry
    person: int
    base: int
    until: float
    prediction: Prediction | None
    content: Content | None
    reason: str
    blind: bool = False
    mine: bool = False


def take(
    store: Store, photo: int, person: int, desk: str = "label", force: bool = False,
    config: QueueConfig | None = None,
) -> Task:  # fmt: skip
    """Lease a certain photo, found by search or by undo.

    Args:
        store: where.
        photo: its id.
        person: who.
        desk: ``label`` or ``review``.
        force: take it over from somebody who holds it; reviewers only.
        config: times.

    Raises:
        Refused: somebody else holds it.
        NotAllowed, Gone: as their names say.
    """
    with store.writing() as db:
        if desk not in ("label", "review"):
            raise Refused(f"{desk[:40]!r} is no desk; there are label and review")
        allowed(db, person, "review" if desk == "review" or force else "label")
        present(db, photo)
        now = store.now()
        holder = first(
            db,
            "SELECT p.name FROM leases l JOIN people p ON p.id = l.person "
            "WHERE l.photo = ? AND l.until > ? AND l.person != ?",
            [photo, now, person],
        )
        if holder and not force:
            raise Refused(f"{holder['name']} is working on photo {photo}; take another, or wait")
        if holder:
            db.execute("DELETE FROM leases WHERE photo = ?", [photo])
        if desk == "review":
            seen_by(db, photo, person)
        blind = track_of(db, photo, person) != MAIN
        return lease(db, photo, person, desk, now, (config or QueueConfig()).lease, blind=blind)


def looked_at(store: Store, photo: int, person: int) -> Task:
    """A photo as this person may see it, in nobody's hands: for a save that comes late.

    Raises:
        NotAllowed, Gone: as their names say.
    """
    with store.reading() as db:
        allowed(db, person, "label")
        present(db, photo)
        return _task(db, photo, person, 0.0)


def renew(store: Store, photo: int, person: int, config: QueueConfig | None = None) -> float:
    """Keep a photo longer; returns until when.

    Raises:
        Refused: somebody else has taken it over.
    """
    with store.writing() as db:
        until = store.now() + (config or QueueConfig()).lease
        done = db.execute(
            "UPDATE leases SET until = ? WHERE photo = ? AND person = ?", [until, photo, person]
        )
        if done.rowcount == 0:
            raise Refused(f"photo {photo} was handed to somebody else meanwhile; take the next one")
        return until


def release(store: Store, photo: int, person: int) -> None:
    """Put a photo back into the queue unlabelled."""
    with store.writing() as db:
        db.execute("DELETE FROM leases WHERE photo = ? AND person = ?", [photo, person])


def held_by(db: Database, person: int, desk: str, now: float, besides: Collection[int]) -> int | None:
    """The photo that this person holds at this desk for the longest, None where they hold none."""
    # A photo that others finished meanwhile is not handed out again, though the lease still runs.
    waiting = {
        "label": "(p.state IN ('open', 'returned', 'second') OR EXISTS "
        "(SELECT 1 FROM blind b WHERE b.photo = p.id AND b.person = l.person))",
        "review": "p.state IN ('labelled', 'disputed', 'second')",
    }[desk]
    held = rows(
        db,
        "SELECT l.photo FROM leases l JOIN photos p ON p.id = l.photo WHERE l.person = ? AND l.desk = ? "
        f"AND l.until > ? AND {waiting} ORDER BY l.taken, l.photo",
        [person, desk, now],
    )
    return next((row["photo"] for row in held if row["photo"] not in besides), None)


def lease(
    db: Database, photo: int, person: int, desk: str, now: float, seconds: float, blind: bool = False
) -> Task:
    """Write the lease; without ``blind``, a photo that the person holds already stays on its track."""
    mine = scalar(db, "SELECT person FROM leases WHERE photo = ? AND until > ?", [photo, now]) == person
    done = db.execute(
        "INSERT INTO leases (photo, person, desk, taken, until) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (photo) DO UPDATE SET person = excluded.person, desk = excluded.desk, "
        "taken = CASE WHEN person = excluded.person THEN taken ELSE excluded.taken END, "
        "until = excluded.until WHERE until <= ? OR person = excluded.person",
        [photo, person, desk, now, now + seconds, now],
    )
    if done.rowcount != 1:
        raise Refused(f"photo {photo} is leased to somebody else")
    if blind:
        db.execute("INSERT OR IGNORE INTO blind (photo, person) VALUES (?, ?)", [photo, person])
    elif not mine:
        db.execute("DELETE FROM blind WHERE photo = ? AND person = ?", [photo, person])
    return _task(db, photo, person, now + seconds)


def _task(db: Database, photo: int, person: int, until: float) -> Task:
    row: Row = present(db, photo)
    track = track_of(db, photo, person)
    entry = PhotoEntry.from_row(row)
    said = prediction_in(db, row["prediction"])
    if track != MAIN:
        head = head_of(db, photo, track)
        base, now = (head["id"], event(db, head["id"])) if head else (0, None)
        entry = replace(
            entry, state="open", version=base, vin=None, kind="", tags=(), side=None, region=entry.region
        )
        return Task(
            entry, person, base, until, said, now.content if now else None, "", blind=True,
            mine=bool(now and now.content and now.state != "rejected"),
        )  # fmt: skip
    version, _, _ = standing(db, photo)
    last = event(db, version) if version else None
    reason = last.reason if last and last.action == "send_back" else ""
    mine = bool(last and last.author == person) and row["state"] not in ("open", "returned", "rejected")
    return Task(entry, person, version, until, said, last.content if last else None, reason, mine=mine)

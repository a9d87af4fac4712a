"""Whose turn is which photo: the next to label or review, held by a lease so that no two people work on one.

A lease runs out; whoever comes then takes over. It is not a lock: a save that comes late still counts if the
photo's version has not moved, so that no work is lost to a long telephone call.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from sqlite_utils import Database

from core.store.annotations import MAIN, event, head_of, standing, track_of
from core.store.connect import Row, Store, first, rows, scalar
from core.store.entries import Content, PhotoEntry
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
        surest: only photos with a reading, those first that teach least: to be looked at many at a time.
    """

    lease: float = 15 * 60
    double: float = 0.1
    gold: float = 0.03
    chance: float = 0.1
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
    """

    photo: PhotoEntry
    person: int
    base: int
    until: float
    prediction: Prediction | None
    content: Content | None
    reason: str
    blind: bool = False


def next_photo(
    store: Store,
    person: int,
    rng: np.random.Generator,
    config: QueueConfig | None = None,
    besides: Collection[int] = (),
) -> Task | None:
    """The photo that this person shall label next, leased to them; None where nothing is left for them.

    Whoever holds one already gets that again, so that a reloaded page loses nothing.

    Args:
        store: where.
        person: a labeller.
        rng: draws gold checks, second labels and the random share.
        config: shares and times.
        besides: photos that the desk holds already, when it fetches ahead.

    Raises:
        NotAllowed: the person may not label.
    """
    config = config or QueueConfig()
    draws = rng.random(5)
    with store.writing() as db:
        allowed(db, person, "label")
        now = store.now()
        held = _held(db, person, "label", now, besides)
        if held is not None:
            return _lease(db, held, person, "label", now, config.lease)
        asking = _Asking(db, person, now, besides)
        if config.surest:
            found = asking.surest()
            return _lease(db, found, person, "label", now, config.lease) if found else None
        if draws[0] < config.gold:
            found = asking.gold(float(draws[3]))
            if found is not None:
                return _lease(db, found, person, "label", now, config.lease, blind=True)
        found = asking.returned() or asking.audit()
        if found is not None:
            return _lease(db, found, person, "label", now, config.lease)
        # Half of the time while any wait, so that second labels keep pace with first ones at any share.
        second_first = draws[1] < 0.5
        found = asking.second() if second_first else None
        if found is None:
            first_time = asking.drawn(float(draws[3])) if draws[2] < config.chance else asking.best()
            if first_time is not None:
                if draws[4] < config.double:
                    db.execute("UPDATE photos SET double = 1 WHERE id = ? AND version = 0", [first_time])
                return _lease(db, first_time, person, "label", now, config.lease)
            found = asking.second()
        if found is None:
            return None
        return _lease(db, found, person, "label", now, config.lease, blind=True)


def next_review(
    store: Store, person: int, config: QueueConfig | None = None, besides: Collection[int] = ()
) -> Task | None:
    """The label that this person shall look at next: disputed ones first, then the likeliest failures.

    Nobody gets a photo that they labelled.

    Raises:
        NotAllowed: the person may not review.
    """
    config = config or QueueConfig()
    with store.writing() as db:
        allowed(db, person, "review")
        now = store.now()
        found = _held(db, person, "review", now, besides)
        asking = _Asking(db, person, now, besides)
        for state in ("disputed", "labelled", "second"):
            found = found or asking.review(state)
        return _lease(db, found, person, "review", now, config.lease) if found else None


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
        blind = track_of(db, photo, person) != MAIN
        return _lease(db, photo, person, desk, now, (config or QueueConfig()).lease, blind=blind)


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


class _Asking:
    """The ways to a photo for one person at one moment; each gives an id or None."""

    _FREE = (
        "NOT EXISTS (SELECT 1 FROM leases l WHERE l.photo = p.id AND l.until > :now) "
        "AND NOT EXISTS (SELECT 1 FROM skips s WHERE s.photo = p.id AND s.person = :person)"
    )
    # Left alone, SQLite goes through all that a busy person ever did, for every photo that it looks at.
    _NOT_MINE = (
        "NOT EXISTS (SELECT 1 FROM events e INDEXED BY events_of_photo WHERE e.photo = p.id "
        "AND e.person = :person AND e.action IN ('label', 'reject'))"
    )

    def __init__(self, db: Database, person: int, now: float, besides: Collection[int]) -> None:
        self._db, self._values = db, {"person": person, "now": now}
        # What the desk holds is free again when its lease runs out, and must not be held twice.
        self._besides = f"p.id NOT IN ({', '.join(str(int(key)) for key in besides)})"

    def returned(self) -> int | None:
        """Sent back: the author's own first, they know the photo; then anybody's."""
        mine = (
            f"EXISTS (SELECT 1 FROM events c WHERE c.id = p.content AND c.person = :person) AND {self._FREE}"
        )
        waiting = "p.state = 'returned' AND {} ORDER BY p.priority DESC, p.id"
        return self._one(waiting.format(mine)) or self._one(waiting.format(self._FREE))

    def audit(self) -> int | None:
        """Drawn to tell how pure a labelling round is (:mod:`core.store.rounds`)."""
        return self._one(
            "p.id IN (SELECT a.photo FROM rounds r JOIN pseudo_labels a ON a.round = r.id AND a.audit = 1 "
            f"WHERE r.state = 'audit') AND p.state = 'open' AND {self._FREE} ORDER BY p.id"
        )

    def best(self) -> int | None:
        return self._one(f"p.state = 'open' AND {self._FREE} ORDER BY p.priority DESC, p.id")

    def surest(self) -> int | None:
        return self._one(
            "p.state = 'open' AND p.status IN ('accepted', 'review') "
            f"AND {self._FREE} ORDER BY p.priority, p.id"
        )

    def drawn(self, place: float) -> int | None:
        """The next one on the circle of the photos' own draws."""
        beyond = f"p.state = 'open' AND p.dice {{}} :place AND {self._FREE} ORDER BY p.dice"
        return self._one(beyond.format(">="), place) or self._one(beyond.format("<"), place)

    def second(self) -> int | None:
        return self._one(
            f"p.state = 'second' AND {self._FREE} AND {self._NOT_MINE} ORDER BY p.priority DESC, p.id"
        )

    def gold(self, place: float) -> int | None:
        beyond = f"p.gold = 1 AND p.dice {{}} :place AND {self._FREE} AND {self._NOT_MINE} ORDER BY p.dice"
        return self._one(beyond.format(">="), place) or self._one(beyond.format("<"), place)

    def review(self, state: str) -> int | None:
        mine = self._NOT_MINE.replace("('label', 'reject')", "('label')")
        free = self._FREE.split(" AND NOT EXISTS (SELECT 1 FROM skips")[0]
        return self._one(f"p.state = '{state}' AND {free} AND {mine} ORDER BY p.priority DESC, p.id")

    def _one(self, rest: str, place: float = 0.0) -> int | None:
        row = first(
            self._db,
            f"SELECT p.id FROM photos p WHERE {self._besides} AND {rest} LIMIT 1",
            {**self._values, "place": place},
        )
        return row["id"] if row else None


def _held(db: Database, person: int, desk: str, now: float, besides: Collection[int]) -> int | None:
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


def _lease(
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
        return Task(entry, person, base, until, said, now.content if now else None, "", blind=True)
    version, _, _ = standing(db, photo)
    last = event(db, version) if version else None
    reason = last.reason if last and last.action == "send_back" else ""
    return Task(entry, person, version, until, said, last.content if last else None, reason)

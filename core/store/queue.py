"""Whose turn is which photo: the next to label or review, leased to whoever asks."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from sqlite_utils import Database

from core.store.connect import Store, first
from core.store.leases import QueueConfig, Task, held_by, lease, release, renew, take
from core.store.people import allowed

__all__ = ["QueueConfig", "Task", "next_photo", "next_review", "release", "renew", "take"]


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
        held = held_by(db, person, "label", now, besides)
        if held is not None:
            return lease(db, held, person, "label", now, config.lease)
        asking = _Asking(db, person, now, besides)
        if config.surest:
            found = asking.surest()
            return lease(db, found, person, "label", now, config.lease) if found else None
        if draws[0] < config.gold:
            found = asking.gold(float(draws[3]))
            if found is not None:
                return lease(db, found, person, "label", now, config.lease, blind=True)
        found = asking.returned() or asking.audit()
        if found is None and draws[2] < config.again:
            # Between others: a round waits for its whole sample, and there may be nobody else to ask.
            found = asking.audit(again=True)
        if found is not None:
            return lease(db, found, person, "label", now, config.lease)
        # Half of the time while any wait, so that second labels keep pace with first ones at any share.
        second_first = draws[1] < 0.5
        found = asking.second() if second_first else None
        if found is None:
            first_time = asking.drawn(float(draws[3])) if draws[2] < config.chance else asking.best()
            if first_time is not None:
                if draws[4] < config.double:
                    db.execute("UPDATE photos SET double = 1 WHERE id = ? AND version = 0", [first_time])
                return lease(db, first_time, person, "label", now, config.lease)
            found = asking.second()
        if found is not None:
            return lease(db, found, person, "label", now, config.lease, blind=True)
        found = asking.audit(again=True)
        return lease(db, found, person, "label", now, config.lease) if found else None


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
        found = held_by(db, person, "review", now, besides)
        asking = _Asking(db, person, now, besides)
        for state in ("disputed", "labelled", "second"):
            found = found or asking.review(state)
        return lease(db, found, person, "review", now, config.lease) if found else None


class _Asking:
    """The ways to a photo for one person at one moment; each gives an id or None."""

    _UNLEASED = "NOT EXISTS (SELECT 1 FROM leases l WHERE l.photo = p.id AND l.until > :now)"
    _FREE = f"{_UNLEASED} AND NOT EXISTS (SELECT 1 FROM skips s WHERE s.photo = p.id AND s.person = :person)"
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

    def audit(self, again: bool = False) -> int | None:
        """Drawn to tell how pure a round is (:mod:`core.store.rounds`); ``again``: skipped ones too."""
        free = self._UNLEASED if again else self._FREE
        return self._one(
            "p.id IN (SELECT a.photo FROM rounds r JOIN pseudo_labels a ON a.round = r.id AND a.audit = 1 "
            f"WHERE r.state = 'audit') AND p.state = 'open' AND {free} ORDER BY p.id"
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
        asks = "p.gold = 1 AND p.state = 'approved' AND p.dice {} :place"
        beyond = f"{asks} AND {self._FREE} AND {self._NOT_MINE} ORDER BY p.dice"
        return self._one(beyond.format(">="), place) or self._one(beyond.format("<"), place)

    def review(self, state: str) -> int | None:
        mine = self._NOT_MINE.replace("('label', 'reject')", "('label')")
        return self._one(
            f"p.state = '{state}' AND {self._UNLEASED} AND {mine} ORDER BY p.priority DESC, p.id"
        )

    def _one(self, rest: str, place: float = 0.0) -> int | None:
        row = first(
            self._db,
            f"SELECT p.id FROM photos p WHERE {self._besides} AND {rest} LIMIT 1",
            {**self._values, "place": place},
        )
        return row["id"] if row else None

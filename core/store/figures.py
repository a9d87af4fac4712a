"""How people do: speed, agreement, hidden gold. Told to reviewers and to the person themself only."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from sqlite_utils import Database

from core.interval import wilson
from core.store.agreement import Score, gold_in, pairs_in
from core.store.connect import Store, rows, scalar
from core.store.errors import NotAllowed
from core.store.people import Person, person_of

FROM = 20
"""Photos from which on a share is told: of fewer, one slip moves it by more than five points."""

RECENT = 1000
"""Newest labels whose speed counts."""


@dataclass(frozen=True)
class Share:
    """A proportion of photos.

    Attributes:
        hits: photos.
        count: of so many.
    """

    hits: int
    count: int

    @property
    def told(self) -> tuple[float, float, float] | None:
        """``(share, low, high)`` with its 95 % Wilson interval; None of fewer than ``FROM`` photos."""
        return (self.hits / self.count, *wilson(self.hits, self.count)) if self.count >= FROM else None


@dataclass(frozen=True)
class Figures:
    """One person.

    Attributes:
        person: id.
        name: of theirs.
        labels: labels and rejections in all.
        seconds: median over the newest ``RECENT`` of them that were timed, None without any.
        agreement: blind second labels that say the same, made by them or of their label.
        gold: hidden checks that they answered exactly right.
        returned: photos with a label of theirs that were sent back and wait for a better one.
    """

    person: int
    name: str
    labels: int
    seconds: float | None
    agreement: Share
    gold: Share
    returned: int


def figures(store: Store, viewer: int) -> list[Figures]:
    """Everybody who has labelled, by name, for a reviewer; for anybody else only their own.

    Raises:
        NotAllowed: the viewer is not known or has left.
    """
    with store.reading() as db:
        who = person_of(db, viewer)
        people = rows(db, "SELECT id FROM people ORDER BY key")
        wanted = [row["id"] for row in people] if who.may("review") else [viewer]
        return _figures(db, [person_of(db, key, left=True) for key in wanted])


def figures_of(store: Store, person: int, viewer: int) -> Figures:
    """One person's.

    Raises:
        NotAllowed: the viewer is neither a reviewer nor that person.
    """
    with store.reading() as db:
        who = person_of(db, viewer)
        if person != viewer and not who.may("review"):
            raise NotAllowed(f"{who.name} may see their own figures only; others' take the role reviewer")
        (found,) = _figures(db, [person_of(db, person, left=True)], everybody=True)
        return found


def _figures(db: Database, people: list[Person], everybody: bool = False) -> list[Figures]:
    agreed: dict[int, list[int]] = {}
    for pair in pairs_in(db):
        for person in (pair["one"], pair["other"]):
            entry = agreed.setdefault(person, [0, 0])
            entry[0] += pair["first"] == pair["second"]
            entry[1] += 1
    gold: dict[int, Score] = {score.person: score for score in gold_in(db)}
    labels = dict(db.execute(
        "SELECT person, COUNT(*) FROM events INDEXED BY events_pace "
        "WHERE action IN ('label', 'reject') GROUP BY person"
    ).fetchall())  # fmt: skip
    found = []
    for person in people:
        if not (labels.get(person.id) or everybody or len(people) == 1):
            continue
        score = gold.get(person.id)
        found.append(Figures(
            person.id, person.name, labels.get(person.id, 0), _pace(db, person.id),
            Share(*agreed.get(person.id, (0, 0))),
            Share(score.exact, score.photos) if score else Share(0, 0), _returned(db, person.id),
        ))  # fmt: skip
    return found


def _pace(db: Database, person: int) -> float | None:
    spent = [row[0] for row in db.execute(
        "SELECT seconds FROM events INDEXED BY events_pace WHERE person = ? "
        "AND action IN ('label', 'reject') ORDER BY at DESC LIMIT ?",
        [person, RECENT],
    ).fetchall() if row[0] > 0]  # fmt: skip
    return round(statistics.median(spent), 1) if spent else None


def _returned(db: Database, person: int) -> int:
    sql = "SELECT COUNT(*) FROM photos INDEXED BY photos_in_review WHERE state = 'returned' AND author = ?"
    return int(scalar(db, sql, [person]))

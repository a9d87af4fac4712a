"""How far people agree: blind second labels against first ones, gold checks against the known answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlite_utils import Database

from core.store.connect import Row, Store, rows
from core.vin import UNREAD


@dataclass(frozen=True)
class Agreement:
    """Of a number of labels that were made twice.

    Attributes:
        photos: how many.
        exact: of them with the same 17 characters.
        characters: compared in all.
        same: of them equal; a ``?`` equals nothing but another ``?``.
        confusions: ``(one, other)`` in alphabetical order -> how often, most frequent first.
    """

    photos: int
    exact: int
    characters: int
    same: int
    confusions: dict[tuple[str, str], int]


@dataclass(frozen=True)
class Score:
    """One labeller on the hidden gold photos.

    Attributes:
        person: id.
        name: of theirs.
        photos: answered.
        exact: all 17 characters right.
        characters: asked, without those that nobody can read.
        right: of them.
        given_up: photos rejected although they can be read.
    """

    person: int
    name: str
    photos: int
    exact: int
    characters: int
    right: int
    given_up: int


_STANDING = (
    "e.id = (SELECT MAX(id) FROM events WHERE photo = e.photo AND track = e.track AND action != 'skip') "
    "AND e.action != 'skip' AND e.state != 'open'"
)


def agreement(store: Store, person: int | None = None) -> Agreement:
    """Blind second labels against the first label of the same photo, as both were before any review.

    Args:
        store: where.
        person: only photos of which this person made one of the two labels; None takes all.
    """
    with store.reading() as db:
        pairs = [pair for pair in pairs_in(db) if person is None or person in (pair["one"], pair["other"])]
    confusions: Counter[tuple[str, str]] = Counter()
    exact = same = 0
    for pair in pairs:
        exact += pair["first"] == pair["second"]
        for one, other in zip(pair["first"], pair["second"], strict=True):
            same += one == other
            if one != other:
                confusions[min(one, other), max(one, other)] += 1
    return Agreement(len(pairs), exact, 17 * len(pairs), same, dict(confusions.most_common()))


def gold_scores(store: Store) -> list[Score]:
    """Every labeller who was checked, by name."""
    with store.reading() as db:
        return gold_in(db)


# Within a transaction.


def pairs_in(db: Database) -> list[Row]:
    """Every second label beside the first: texts ``first``, ``second``, people ``one``, ``other``."""
    return rows(
        db,
        "SELECT f.text AS first, s.text AS second, f.person AS one, e.person AS other FROM events e "
        "JOIN photos p ON p.id = e.photo JOIN events s ON s.id = e.content JOIN events f ON f.id = "
        "(SELECT MIN(id) FROM events WHERE photo = e.photo AND track = 0 AND action = 'label') "
        f"WHERE e.track != 0 AND p.gold = 0 AND {_STANDING} AND e.state = 'labelled'",
    )


def gold_in(db: Database) -> list[Score]:
    """:func:`gold_scores` within a transaction."""
    answers = rows(
        db,
        "SELECT e.person, w.name, t.text AS truth, s.text AS said, e.state FROM events e "
        "JOIN photos p ON p.id = e.photo JOIN people w ON w.id = e.person "
        "JOIN events t ON t.id = p.content LEFT JOIN events s ON s.id = e.content "
        # Sent back as wrong, it is no answer to measure anybody by.
        f"WHERE e.track != 0 AND p.gold = 1 AND p.state = 'approved' AND {_STANDING} ORDER BY w.key, e.id",
    )
    scores: dict[int, list] = {}
    for answer in answers:
        truth, said = answer["truth"], answer["said"] or ""
        asked = [place for place, character in enumerate(truth) if character != UNREAD]
        entry = scores.setdefault(answer["person"], [answer["name"], 0, 0, 0, 0, 0])
        entry[1] += 1
        if answer["state"] == "rejected":
            entry[5] += 1
            continue
        right = sum(said[place] == truth[place] for place in asked)
        entry[2] += right == len(asked)
        entry[3] += len(asked)
        entry[4] += right
    return [Score(person, *entry) for person, entry in scores.items()]

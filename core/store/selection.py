"""The Review desk's filters: which photos, in which order, and how many each further filter would leave.

Every query asks for the viewer's right to review. Counts come from one index that holds all columns that are
filtered by (``photos_in_review``), so that no photo's row is read to be counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from core.store.connect import Row, Store, rows, scalar
from core.store.entries import Corners, corners_in
from core.store.errors import Refused
from core.store.people import allowed
from core.store.texts import PATH, checked
from core.vin import ALPHABET

WAITING = ("disputed", "labelled", "second")
"""States in which a label waits for a reviewer."""

ORDERS = {
    "failures": "state = 'disputed' DESC, COALESCE(wrong, 0) DESC, twice = 1 DESC, priority DESC, id",
    "newest": "changed DESC, id DESC",
    "oldest": "changed, id",
}
"""``failures``: two labels that differ, then most slots that the model got wrong, then likeliest failures."""

COMPARED = {
    "model": {"differ": "wrong > 0", "agree": "wrong = 0"},
    "readers": {"differ": "apart > 0", "agree": "apart = 0"},
    "labels": {"differ": "twice = 1", "agree": "twice = 0"},
}
"""Model against label, reader against reader, labeller against labeller. A ``?`` in a label differs from
nothing that was read."""

MOST_IDS = 500
"""Photos that a selection may name one by one."""


@dataclass(frozen=True)
class Selection:
    """Which photos to look at; what is left empty does not matter, and all that is said must hold.

    Attributes:
        states: any of these states of a photo.
        statuses: any of these of the newest reading.
        model: ``differ`` or ``agree``: the newest reading against the label in force.
        readers: the same of the readers among each other.
        labels: the same of the blind second label against the first one.
        pair: ``(label, read)``, two characters: a slot whose label says one and whose reading the other.
        makers: any of these WMIs.
        kinds: any of these.
        tags: troubles, any of these.
        labellers: ids of people, one of whom wrote the label in force.
        models: any of these sets of networks, see ``predictions.models_key``.
        since: last changed at this time or later, seconds since 1970 UTC.
        until: last changed before this time.
        ids: only these photos.
        order: of ``ORDERS``.
    """

    states: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    model: str = ""
    readers: str = ""
    labels: str = ""
    pair: tuple[str, str] | None = None
    makers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    labellers: tuple[int, ...] = ()
    models: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    ids: tuple[int, ...] = ()
    order: str = "failures"


@dataclass(frozen=True)
class Card:
    """A photo as the gallery shows it.

    Attributes:
        id: of the photo.
        sha256: of its file.
        state: where it stands.
        version: the event that brought it there.
        vin: of the label in force, None without.
        read: by the newest reading, None where nothing was.
        wrong: slots in which that differs from the label, None where they cannot be compared.
        apart: share of the characters on which the readers differ, None without a reading.
        twice: whether a blind second label differs, None without one.
        confidence: of the reading, None without.
        author: name of who wrote the label, empty without.
        tags: troubles.
        quads: where the VIN is: as the label says, else as it was read, else as it came.
    """

    id: int
    sha256: str
    state: str
    version: int
    vin: str | None
    read: str | None
    wrong: int | None
    apart: float | None
    twice: bool | None
    confidence: float | None
    author: str
    tags: tuple[str, ...]
    quads: tuple[Corners, ...]


def total(store: Store, viewer: int, selection: Selection) -> int:
    """How many photos are selected.

    Raises:
        NotAllowed: the viewer may not review.
        Refused: a filter is none.
    """
    with store.reading() as db:
        allowed(db, viewer, "review")
        terms, values = conditions(selection)
        return int(scalar(db, f"SELECT COUNT(*) FROM {source(selection)} WHERE {terms}", values))


def keys(store: Store, viewer: int, selection: Selection, limit: int = 1000, offset: int = 0) -> list[int]:
    """Ids of the selected photos in their order; raises as :func:`total`."""
    with store.reading() as db:
        allowed(db, viewer, "review")
        return keys_in(db, selection, limit, offset)


def cards(store: Store, viewer: int, wanted: Sequence[int]) -> list[Card]:
    """These photos, in the order given; those that are gone are left out. Raises as :func:`total`."""
    marks = ", ".join("?" * len(wanted))
    with store.reading() as db:
        allowed(db, viewer, "review")
        found = rows(
            db,
            "SELECT p.*, w.name AS by, e.quads AS said, d.reading FROM photos p "
            "LEFT JOIN people w ON w.id = p.author LEFT JOIN events e ON e.id = p.content "
            f"LEFT JOIN predictions d ON d.id = p.prediction WHERE p.id IN ({marks}) "
            "AND p.state != 'forgotten'",
            list(wanted),
        )
    by_id = {row["id"]: _card(row) for row in found}
    return [by_id[key] for key in wanted if key in by_id]


def facets(store: Store, viewer: int, selection: Selection) -> dict[str, dict[Any, int]]:
    """For every filter: value -> how many photos it would leave beside all other filters.

    Raises:
        As :func:`total`.
    """
    found: dict[str, dict[Any, int]] = {}
    with store.reading() as db:
        allowed(db, viewer, "review")
        for name, column in _FACETS.items():
            without: dict[str, Any] = {name: _NOTHING.get(name, ())}
            terms, values = conditions(replace(selection, **without))
            counted = db.execute(
                f"SELECT {column}, COUNT(*) FROM {source(selection)} WHERE {terms} GROUP BY 1", values
            ).fetchall()
            found[name] = dict(counted)
        terms, values = conditions(replace(selection, tags=()))
        tags: Counter[str] = Counter()
        for text, count in db.execute(
            f"SELECT tags, COUNT(*) FROM {source(selection)} WHERE {terms} AND tags IS NOT NULL GROUP BY 1",
            values,
        ):
            for tag in json.loads(text):
                tags[tag] += count
        found["tags"] = dict(tags)
    return {name: _ranked(counted) for name, counted in found.items()}


# What other files of this room build on.


def keys_in(db: Database, selection: Selection, limit: int, offset: int = 0) -> list[int]:
    """:func:`keys` within a transaction."""
    terms, values = conditions(selection)
    if selection.order not in ORDERS:
        raise Refused(f"{selection.order[:40]!r} is no order; there are {', '.join(ORDERS)}")
    order = ORDERS[selection.order]
    sql = f"SELECT id FROM {source(selection)} WHERE {terms} ORDER BY {order} LIMIT ? OFFSET ?"
    return [row[0] for row in db.execute(sql, [*values, limit, offset]).fetchall()]


def source(selection: Selection) -> str:
    """The table and the index to go by; left alone, SQLite takes a small one and reads every row for it."""
    few = selection.pair or selection.ids
    return "photos" if few else "photos INDEXED BY photos_in_review"


def conditions(selection: Selection) -> tuple[str, list[Any]]:
    """The filters as a condition on ``photos``, and its values; forgotten photos are never selected.

    Raises:
        Refused: a filter is none.
    """
    terms = ["state != 'forgotten'"]
    values: list[Any] = []
    for column, texts in (("state", selection.states), ("status", selection.statuses),
                          ("wmi", selection.makers), ("kind", selection.kinds),
                          ("models", selection.models)):  # fmt: skip
        if texts:
            terms.append(f"{column} IN ({', '.join('?' * len(texts))})")
            values += [checked(text, "a filter", PATH) for text in texts]
    for name, ways in COMPARED.items():
        way = getattr(selection, name)
        if way and way not in ways:
            raise Refused(f"{way[:40]!r} is no comparison; there are {', '.join(ways)}")
        if way:
            terms.append(ways[way])
    if selection.tags:
        terms.append("(" + " OR ".join(["instr(tags, ?)"] * len(selection.tags)) + ")")
        values += [json.dumps(checked(tag, "a trouble", PATH)) for tag in selection.tags]
    if selection.labellers:
        terms.append(f"author IN ({', '.join('?' * len(selection.labellers))})")
        values += map(int, selection.labellers)
    if selection.pair:
        if any(len(one) != 1 or one not in ALPHABET for one in selection.pair):
            raise Refused("a confusion is two characters of a VIN: of the label and of the reading")
        terms.append("id IN (SELECT photo FROM confusions WHERE label = ? AND read = ?)")
        values += selection.pair
    for column, bound in (("changed >= ?", selection.since), ("changed < ?", selection.until)):
        if bound is not None:
            terms.append(column)
            values.append(float(bound))
    if selection.ids:
        if len(selection.ids) > MOST_IDS:
            raise Refused(f"{len(selection.ids)} photos are more than the {MOST_IDS} that can be named")
        terms.append(f"id IN ({', '.join(str(int(key)) for key in selection.ids)})")
    return " AND ".join(terms), values


_FACETS = {
    "states": "state", "statuses": "status", "makers": "wmi", "kinds": "kind", "labellers": "author",
    "models": "models", "model": "CASE WHEN wrong > 0 THEN 'differ' WHEN wrong = 0 THEN 'agree' END",
    "readers": "CASE WHEN apart > 0 THEN 'differ' WHEN apart = 0 THEN 'agree' END",
    "labels": "CASE twice WHEN 1 THEN 'differ' WHEN 0 THEN 'agree' END",
}  # fmt: skip
_NOTHING = dict.fromkeys(COMPARED, "")


def _ranked(counted: dict[Any, int]) -> dict[Any, int]:
    known = {value: count for value, count in counted.items() if value not in (None, "")}
    return dict(sorted(known.items(), key=lambda entry: (-entry[1], str(entry[0]))))


def _card(row: Row) -> Card:
    quads = corners_in(row["said"])
    if not quads and row["reading"]:
        told = json.loads(row["reading"]).get("quads", [])
        quads = tuple(tuple((x, y) for x, y in corners) for corners in told)
    return Card(
        row["id"], row["sha256"], row["state"], row["version"], row["vin"], row["read"], row["wrong"],
        row["apart"], None if row["twice"] is None else bool(row["twice"]), row["confidence"],
        row["by"] or "", tuple(json.loads(row["tags"] or "[]")), quads or corners_in(row["region"])[:2],
    )  # fmt: skip

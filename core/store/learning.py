"""What the learning loop takes out of the store: labels to learn from, gold to measure on, what is mixed up.

Gold never trains, whatever a snapshot said when it was frozen: a photo that became gold since, or whose car
turned out to be a gold one, is left out; and gold whose car once trained is no measure any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.store.connect import Row, Store, first, rows, scalar
from core.store.entries import Content, Corners
from core.store.groups import fitting
from core.store.snapshots import Snapshot
from core.vin import UNREAD


@dataclass(frozen=True)
class Lesson:
    """One label to learn from, or to validate on.

    Attributes:
        photo: its id.
        sha256: of its file.
        content: the frozen label.
        side: ``train`` or ``val``.
        fresh: no run that ended well has learnt from this very label.
    """

    photo: int
    sha256: str
    content: Content
    side: str
    fresh: bool


@dataclass(frozen=True)
class Gold:
    """One photo to measure on.

    Attributes:
        photo: its id.
        sha256: of its file.
        text: the frozen label, 17 characters.
        kind: what carries the VIN.
        tags: troubles.
        quads: where it is, pixels of the upright photo.
        car: its group, empty where it has none.
    """

    photo: int
    sha256: str
    text: str
    kind: str
    tags: tuple[str, ...]
    quads: tuple[Corners, ...] = ()
    car: str = ""


@dataclass(frozen=True)
class Supply:
    """What there is to learn from now.

    Attributes:
        approved: photos whose label a reviewer approved.
        fresh: of them those that no run has learnt from yet, gold and val left out.
        trained: of them those that some run has learnt from.
        val: approved photos that choose weights.
        gold: approved photos that only measure.
        gapped: approved labels with a ``?``.
        drawn: approved labels with corrected extents.
        waiting: labels that wait for review.
    """

    approved: int
    fresh: int
    trained: int
    val: int
    gold: int
    gapped: int
    drawn: int
    waiting: int


# A car on the gold side is gold in all its photos.
_GOLD_CARS = "SELECT vin_group FROM photos WHERE (side = 'gold' OR gold = 1) AND vin_group IS NOT NULL"
_LEARNT = (
    "SELECT {} FROM snapshot_items s JOIN runs r ON r.snapshot = s.snapshot "
    "WHERE s.side = 'train' AND r.kind LIKE 'train %' AND r.state = 'done'"
)
# Beside the snapshots: pseudo-labels of rounds.
_TAUGHT = "SELECT x.photo FROM taught x JOIN runs t ON t.id = x.run WHERE t.state = 'done'"

_TEACHABLE = (
    "FROM photos p JOIN events e ON e.id = p.content WHERE p.state IN ('labelled', 'approved') "
    "AND COALESCE(p.side, 'train') = 'train' AND p.gold = 0 AND e.quads != '[]' "
    f"AND COALESCE(p.vin_group, '') NOT IN ({_GOLD_CARS})"
)


def lessons(store: Store, snapshot: Snapshot) -> list[Lesson]:
    """The labels of a snapshot that may teach or validate, in the order of the photos."""
    sql = (
        "SELECT p.id, p.sha256, i.side, i.event, e.text, e.quads, e.characters, e.kind, e.tags "
        "FROM snapshot_items i JOIN photos p ON p.id = i.photo JOIN events e ON e.id = i.event "
        "WHERE i.snapshot = ? AND i.side != 'gold' AND p.side != 'gold' AND p.gold = 0 "
        # A train photo whose car moved to val since must not train either.
        "AND NOT (i.side = 'train' AND p.side = 'val') "
        f"AND p.state != 'forgotten' AND COALESCE(p.vin_group, '') NOT IN ({_GOLD_CARS}) ORDER BY p.id"
    )
    with store.reading() as db:
        learnt = {row["event"] for row in rows(db, _LEARNT.format("s.event"))}
        found = rows(db, sql, [snapshot.id])
    return [
        Lesson(row["id"], row["sha256"], _content(row), row["side"], row["event"] not in learnt)
        for row in found
    ]


def teachable(store: Store) -> list[int]:
    """Photos whose label of now may teach and tells a place, reviewed or not, in their order."""
    with store.reading() as db:
        return [row["id"] for row in rows(db, f"SELECT p.id {_TEACHABLE} ORDER BY p.id")]


def teachable_lessons(store: Store, photos: Sequence[int]) -> list[Lesson]:
    """The labels of those of ``photos`` that are :func:`teachable`, in the order of ``photos``.

    Before there is a snapshot, to look at; ``fresh`` is not asked here.
    """
    sql = (
        "SELECT p.id, p.sha256, e.text, e.quads, e.characters, COALESCE(e.kind, '') AS kind, e.tags "
        f"{_TEACHABLE} AND p.id IN ({', '.join('?' * len(photos))})"
    )
    with store.reading() as db:
        found = {row["id"]: row for row in rows(db, sql, list(photos))}
    there = [found[key] for key in photos if key in found]
    return [Lesson(row["id"], row["sha256"], _content(row), "train", True) for row in there]


def note_taught(store: Store, run: int, photos: Collection[int]) -> set[int]:
    """Write down which photos teach a run without being in its snapshot; returns those that may.

    A photo without a side is on the train side from now on: what has taught must not be drawn as gold.
    """
    with store.writing() as db:
        # Asked again under the lock: one may have become gold, or been forgotten, a moment ago.
        asked = "SELECT id FROM photos WHERE COALESCE(side, 'train') = 'train' AND gold = 0 AND state != ?"
        may = {row["id"] for row in rows(db, asked, ["forgotten"])} & set(photos)
        noted = [(run, key) for key in sorted(may)]
        db.conn.executemany("INSERT OR IGNORE INTO taught (run, photo) VALUES (?, ?)", noted)
        db.conn.executemany(
            "UPDATE photos SET side = 'train' WHERE side IS NULL AND id = ?", [(key,) for key in may]
        )
    return may


def gold_photos(store: Store, snapshot: Snapshot) -> tuple[list[Gold], int]:
    """The gold of a snapshot whose text is wholly known, and how many were left out.

    Left out are texts with ``?`` and cars that some run has learnt from.
    """
    sql = (
        "SELECT p.id, p.sha256, p.vin_group, e.text, e.quads, e.characters, COALESCE(e.kind, '') AS kind, "
        "e.tags FROM snapshot_items i JOIN photos p ON p.id = i.photo JOIN events e ON e.id = i.event "
        "WHERE i.snapshot = ? AND i.side = 'gold' AND p.state != 'forgotten' ORDER BY p.id"
    )
    with store.reading() as db:
        # By the cars of today: two that were one all along may have been joined since.
        learnt = f"{_LEARNT.format('s.photo')} UNION {_TAUGHT}"
        cars = f"SELECT DISTINCT vin_group FROM photos WHERE id IN ({learnt})"
        seen = {row["vin_group"] for row in rows(db, cars)}
        texts = rows(db, f"SELECT text FROM pseudo_labels WHERE accepted = 1 AND photo IN ({_TAUGHT})")
        found = rows(db, sql, [snapshot.id])
    # A photo that taught may be of a gold car that nothing but its pseudo-label tells.
    fit = fitting([row["text"] for row in found], [row["text"] for row in texts])
    kept = [
        Gold(
            row["id"],
            row["sha256"],
            content.text,
            row["kind"],
            content.tags,
            content.quads,
            row["vin_group"] or "",
        )
        for row, taught in zip(found, fit, strict=True)
        for content in [_content(row)]
        if UNREAD not in row["text"] and row["vin_group"] not in seen and not taught
    ]
    return kept, len(found) - len(kept)


def confusions(store: Store) -> dict[tuple[str, str], int]:
    """``(true, read)`` -> how often, from labels against the first reading of the same photo; no gold."""
    sql = (
        "SELECT p.vin, r.vin AS read FROM photos p JOIN predictions r ON r.id = "
        "(SELECT MIN(id) FROM predictions WHERE photo = p.id) WHERE p.state IN ('labelled', 'approved') "
        "AND COALESCE(p.side, 'train') = 'train' AND p.gold = 0 AND p.vin IS NOT NULL AND r.vin IS NOT NULL "
        "AND p.vin != r.vin"
    )
    with store.reading() as db:
        pairs = rows(db, sql)
    counted = Counter(
        (true, read)
        for pair in pairs
        if len(pair["vin"]) == len(pair["read"])
        for true, read in zip(pair["vin"], pair["read"], strict=True)
        if true not in (read, UNREAD)
    )
    return dict(counted.most_common())


def supply(store: Store) -> Supply:
    """What there is to learn from now, whether it is in a snapshot or not."""
    sql = (
        "SELECT COUNT(*) AS approved, SUM(gold) AS gold, SUM(val) AS val, SUM(gap) AS gapped, "
        "SUM(drawn) AS drawn, SUM(NOT gold AND NOT val AND learnt) AS trained FROM ("
        "SELECT COALESCE(p.side, '') = 'gold' OR p.gold AS gold, COALESCE(p.side, '') = 'val' AS val, "
        f"instr(e.text, '?') > 0 AS gap, e.characters != '[]' AS drawn, p.content IN ({_LEARNT}) AS learnt "
        "FROM photos p JOIN events e ON e.id = p.content WHERE p.state = 'approved')"
    )
    with store.reading() as db:
        row = first(db, sql.format("s.event"))
        waiting = scalar(db, "SELECT COUNT(*) FROM photos WHERE state IN ('labelled', 'disputed', 'second')")
    assert row is not None
    told = {name: int(value or 0) for name, value in row.items()}
    fresh = told["approved"] - told["gold"] - told["val"] - told["trained"]
    return Supply(**told, fresh=fresh, waiting=int(waiting or 0))


def _content(row: Row) -> Content:
    content = Content.from_row(row)
    assert content is not None
    return content

"""Snapshots: labels frozen for training, named by the hash of what they hold, split so that no car is twice.

A car (a group of photos, see :mod:`core.store.groups`) stays on its side for ever: what was gold or val in
one snapshot must not train in the next. Where groups of two sides turn out to be one car, gold wins over val,
and val over train.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from sqlite_utils import Database

from core.store.connect import Row, Store, first, insert, rows
from core.store.errors import Refused
from core.store.groups import regroup
from core.store.people import allowed
from core.store.texts import NAME, checked, compact

SIDES = ("gold", "val", "train")
"""From the strongest to the weakest."""


@dataclass(frozen=True)
class SnapshotConfig:
    """What goes into a snapshot.

    Attributes:
        states: of the photos.
        val: share of new cars that choose thresholds and recipes.
        gold: share of new cars that only measure.
        seed: of the draw; the same seed sends the same car to the same side.
    """

    states: tuple[str, ...] = ("approved",)
    val: float = 0.15
    gold: float = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Snapshot:
    """A frozen set of labels.

    Attributes:
        id: in this store.
        name: given by a person.
        hash: sha256 of what it held when it was frozen; its identity.
        counts: side -> photos, and ``moved``: photos that left train because their car turned out to be on
            another side.
        config: that made it.
        forgotten: photos erased from it since.
        at: seconds since 1970 UTC.
    """

    id: int
    name: str
    hash: str
    counts: dict[str, int]
    config: SnapshotConfig
    forgotten: int
    at: float
    left_hash: str = field(repr=False, default="")


def freeze(store: Store, person: int, name: str, config: SnapshotConfig | None = None) -> Snapshot:
    """Freeze the labels of now; the same labels and sides give the snapshot that is there already.

    Raises:
        Refused: there is nothing to freeze, or the shares are impossible.
        NotAllowed: the person may not.
    """
    config = config or SnapshotConfig()
    checked(name, "the snapshot's name", NAME, least=1)
    if min(config.val, config.gold) < 0 or config.val + config.gold >= 1:
        raise Refused("the shares of val and gold must leave something to train on")
    regroup(store)
    with store.writing() as db:
        allowed(db, person, "learn")
        moved = _settle_sides(db, config)
        marks = ", ".join("?" * len(config.states))
        db.execute(
            "CREATE TEMP TABLE chosen AS SELECT id AS photo, content AS event, side, vin_group FROM photos "
            f"WHERE state IN ({marks}) AND content != 0",
            list(config.states),
        )
        counts = dict(db.execute("SELECT side, COUNT(*) FROM chosen GROUP BY side").fetchall())
        if not counts:
            raise Refused(f"no photo is {' or '.join(config.states)}; label and review some first")
        told = {side: counts.get(side, 0) for side in reversed(SIDES)} | {"moved": moved}
        found = _hash(db, "SELECT photo, event, side FROM chosen")
        there = first(db, "SELECT * FROM snapshots WHERE hash = ?", [found])
        if there:
            return _snapshot(there)
        key = insert(db, "snapshots", {
            "name": name, "hash": found, "left_hash": found, "person": person, "at": store.now(),
            "settings": compact(asdict(config), "the settings"), "counts": json.dumps(told),
        })  # fmt: skip
        db.execute(
            "INSERT INTO snapshot_items (snapshot, photo, event, side, vin_group) "
            "SELECT ?, photo, event, side, vin_group FROM chosen",
            [key],
        )
        row = first(db, "SELECT * FROM snapshots WHERE id = ?", [key])
        assert row is not None
        return _snapshot(row)


def snapshots(store: Store) -> list[Snapshot]:
    """All of them, newest first."""
    with store.reading() as db:
        return [_snapshot(row) for row in rows(db, "SELECT * FROM snapshots ORDER BY id DESC")]


def find_snapshot(store: Store, name: str) -> Snapshot:
    """A snapshot by its hash, the beginning of it (eight digits at least), or its name (the newest of these).

    Raises:
        Refused: there is none.
    """
    for snapshot in snapshots(store):
        if snapshot.name == name or (len(name) >= 8 and snapshot.hash.startswith(name)):
            return snapshot
    raise Refused(f"there is no snapshot {name[:80]!r}; `store snapshot --list` shows them")


def verify(store: Store, snapshot: Snapshot) -> bool:
    """Whether a snapshot still holds what was frozen, but for what was forgotten since."""
    with store.reading() as db:
        return content_hash(db, snapshot.id) == snapshot.left_hash


def content_hash(db: Database, snapshot: int) -> str:
    """The hash of what a snapshot holds now."""
    return _hash(db, f"SELECT photo, event, side FROM snapshot_items WHERE snapshot = {snapshot:d}")


def _hash(db: Database, items: str) -> str:
    """sha256 over a line of JSON per photo, in the order of their own hashes: no id of this store goes in."""
    digest = hashlib.sha256()
    for row in db.query(
        "SELECT p.sha256, i.side, e.text, e.quads, e.characters, e.kind, e.tags "
        f"FROM ({items}) i JOIN photos p ON p.id = i.photo JOIN events e ON e.id = i.event ORDER BY p.sha256"
    ):
        digest.update(json.dumps(list(row.values()), separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def _settle_sides(db: Database, config: SnapshotConfig) -> int:
    """Give every photo of every car one side; returns how many left train.

    Unlabelled photos get one too: a pseudo-label of a val car would train on it just as well.
    """
    found = rows(db, "SELECT id, sha256, vin_group, side FROM photos WHERE state != 'forgotten'")
    strongest: dict[str, str] = {}
    for row in found:
        if row["side"] is not None:
            car = _car(row)
            strongest[car] = min(strongest.get(car, "train"), row["side"], key=SIDES.index)
    settled, moved = [], 0
    for row in found:
        car = _car(row)
        side = strongest.setdefault(car, _draw(car, config))
        if side != row["side"]:
            settled.append((side, row["id"]))
            moved += row["side"] == "train"
    db.conn.executemany("UPDATE photos SET side = ? WHERE id = ?", settled)
    # A photo that came between grouping and this has no group yet; it is a car of its own till next time.
    db.execute("UPDATE photos SET vin_group = sha256 WHERE vin_group IS NULL AND state != 'forgotten'")
    return moved


def _car(row: Row) -> str:
    return str(row["vin_group"] or row["sha256"])


def _draw(car: str, config: SnapshotConfig) -> str:
    digest = hashlib.sha256(f"{config.seed} {car}".encode()).digest()
    place = int.from_bytes(digest[:7], "big") / 2**56
    if place < config.gold:
        return "gold"
    return "val" if place < config.gold + config.val else "train"


def _snapshot(row: Row) -> Snapshot:
    settings = json.loads(row["settings"])
    return Snapshot(
        row["id"], row["name"], row["hash"], json.loads(row["counts"]),
        SnapshotConfig(**{**settings, "states": tuple(settings["states"])}), row["forgotten"], row["at"],
        row["left_hash"],
    )  # fmt: skip

"""The learning loop's book: runs, the models that came of them, and pseudo-label rounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.store.connect import Row, Store, first, insert, rows, update
from core.store.errors import Refused
from core.store.texts import NAME, PATH, WORD, checked, compact

STATES = ("waiting", "running", "done", "failed", "stopped")


@dataclass(frozen=True)
class Run:
    """One training, evaluation or labelling run.

    Attributes:
        id: in this store.
        kind: ``train ctc``, ``round`` ...
        state: one of ``STATES``.
        snapshot: id of what it learnt from, None without.
        person: id of who started it, None for a command.
        config: as it was started.
        metrics: name -> figure, as far as known.
        folder: below ``runs/``.
        started: seconds since 1970 UTC.
        ended: the same, None while it goes on.
    """

    id: int
    kind: str
    state: str
    snapshot: int | None
    person: int | None
    config: dict[str, Any]
    metrics: dict[str, Any]
    folder: str
    started: float
    ended: float | None


def start_run(
    store: Store, kind: str, config: Mapping[str, Any], folder: str = "",
    snapshot: int | None = None, person: int | None = None,
) -> int:  # fmt: skip
    """Write down that a run begins; returns its id."""
    row = {
        "kind": checked(kind, "the kind", NAME, least=1), "state": "running", "snapshot": snapshot,
        "person": person, "config": compact(dict(config), "the config"),
        "folder": checked(folder, "the folder", PATH), "started": store.now(),
    }  # fmt: skip
    with store.writing() as db:
        return insert(db, "runs", row)


def report_run(store: Store, run: int, metrics: Mapping[str, Any], state: str = "running") -> None:
    """Add figures to a run, and end it where ``state`` says so.

    Raises:
        Refused: no such state or run.
    """
    if state not in STATES:
        raise Refused(f"{state[:40]!r} is no state of a run; there are {', '.join(STATES)}")
    with store.writing() as db:
        row = first(db, "SELECT metrics FROM runs WHERE id = ?", [run])
        if row is None:
            raise Refused(f"there is no run {run}")
        fields: Row = {"metrics": compact({**json.loads(row["metrics"]), **metrics}, "the metrics")}
        fields |= {"state": state}
        if state in ("done", "failed", "stopped"):
            fields["ended"] = store.now()
        update(db, "runs", run, fields)


def runs(store: Store, limit: int = 50) -> list[Run]:
    """The newest first."""
    with store.reading() as db:
        found = rows(db, "SELECT * FROM runs ORDER BY id DESC LIMIT ?", [limit])
    for row in found:
        row["config"], row["metrics"] = json.loads(row["config"]), json.loads(row["metrics"])
    return [Run(**row) for row in found]


def note_model(
    store: Store, sha256: str, network: str, card: Mapping[str, Any], run: int | None = None,
    promoted: bool = False,
) -> None:  # fmt: skip
    """Write down a network by the hash of its serving file; ``promoted`` when it becomes the champion."""
    now = store.now()
    with store.writing() as db:
        db.execute(
            "INSERT INTO models (sha256, network, card, run, first_seen, promoted) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (sha256) DO UPDATE SET promoted = COALESCE(excluded.promoted, promoted), "
            "run = COALESCE(run, excluded.run)",
            [
                checked(sha256, "the model's hash", WORD, least=8), checked(network, "the network", WORD, 1),
                compact(dict(card), "the card"), run, now, now if promoted else None,
            ],
        )  # fmt: skip


def models(store: Store) -> list[Row]:
    """All networks that were ever noted, newest first, the card as a dictionary."""
    with store.reading() as db:
        found = rows(db, "SELECT * FROM models ORDER BY first_seen DESC, sha256")
    return [{**row, "card": json.loads(row["card"])} for row in found]


def note_round(
    store: Store, teacher: str, photos: int, accepted: int, figures: Mapping[str, Any],
    run: int | None = None, snapshot: int | None = None,
) -> int:  # fmt: skip
    """Write down a pseudo-label round: who taught, how many photos it looked at, how many labels it took."""
    row = {
        "teacher": checked(teacher, "the teacher", NAME, least=1), "photos": photos, "accepted": accepted,
        "figures": compact(dict(figures), "the figures"), "run": run, "snapshot": snapshot,
        "at": store.now(),
    }  # fmt: skip
    with store.writing() as db:
        return insert(db, "rounds", row)


def rounds(store: Store) -> list[Row]:
    """All rounds, newest first, the figures as a dictionary."""
    with store.reading() as db:
        found = rows(db, "SELECT * FROM rounds ORDER BY id DESC")
    return [{**row, "figures": json.loads(row["figures"])} for row in found]

"""The learning loop's book: runs, the models that came of them, champions, and pseudo-label rounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.store.connect import Row, Store, first, insert, rows, update
from core.store.errors import Refused
from core.store.people import allowed
from core.store.texts import NAME, PATH, WORD, checked, compact

STATES = ("waiting", "running", "paused", "done", "failed", "stopped", "dead")
"""Of a run; ``dead``: its process is gone without a word (:mod:`core.store.jobs`)."""

ENDED = ("done", "failed", "stopped", "dead")


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
        if state in ENDED:
            fields["ended"] = store.now()
        update(db, "runs", run, fields)


def runs(store: Store, limit: int = 50) -> list[Run]:
    """The newest first."""
    with store.reading() as db:
        columns = ", ".join(Run.__dataclass_fields__)
        found = rows(db, f"SELECT {columns} FROM runs ORDER BY id DESC LIMIT ?", [limit])
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


@dataclass(frozen=True)
class Change:
    """One change of champion.

    Attributes:
        action: ``promote`` or ``roll_back``.
        release: that serves since.
        networks: its network -> fingerprint.
        before: release that served before.
        run: job whose candidate it was, None of a roll-back.
        by: who did it.
        grounds: what the promotion rests on.
        at: seconds since 1970 UTC.
    """

    action: str
    release: str
    networks: dict[str, str]
    before: str
    run: int | None
    by: str
    grounds: dict[str, Any]
    at: float


Made = tuple[str, str, Mapping[str, str], Mapping[str, Any]]
"""Release, release before, fingerprints, grounds."""


def change_champion(
    store: Store, person: int, action: str, make: Callable[[], Made], run: int | None = None
) -> None:
    """Change the champion and write it down, both or neither; two people do it one after the other.

    Args:
        store: where.
        person: who confirms.
        action: ``promote`` or ``roll_back``.
        make: does it; called when the person may.
        run: whose candidate it is.

    Raises:
        NotAllowed: the person may not ``learn``.
        Anything that ``make`` raises; nothing is written down then.
    """
    with store.writing() as db:
        allowed(db, person, "learn")
        release, before, networks, grounds = make()
        insert(db, "champions", {
            "action": action, "release": release, "networks": compact(dict(networks), "the networks"),
            "before": before, "run": run, "person": person, "grounds": compact(dict(grounds), "the grounds"),
            "at": store.now(),
        })  # fmt: skip


def changes(store: Store) -> list[Change]:
    """All changes of champion, newest first."""
    with store.reading() as db:
        found = rows(
            db,
            "SELECT c.action, c.release, c.networks, c.before, c.run, p.name AS by, c.grounds, c.at "
            "FROM champions c JOIN people p ON p.id = c.person ORDER BY c.id DESC",
        )
    told = ("networks", "grounds")
    return [Change(**{**row, **{name: json.loads(row[name]) for name in told}}) for row in found]

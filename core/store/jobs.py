"""Long work as rows of ``runs``: whose turn it is, how far it is, whether it lives, what was asked of it.

A row has one owner, the process whose pid and time of birth stand in it; a process that lost its row to
another writes nothing any more. Whoever looks also tidies: a row whose process is gone is called ``dead``.
What a process is, is not the store's business: the caller brings :data:`Lives`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.store.connect import Row, Store, first, insert, rows, scalar, update
from core.store.errors import Refused
from core.store.ledger import ENDED
from core.store.people import allowed
from core.store.texts import NAME, NOTE, WORD, checked, compact

Lives = Callable[[int, str], bool | None]
"""Pid and time of birth to whether that very process is there; None where that cannot be seen from here."""

GONE = 6.0
"""Seconds of silence after which a job whose process cannot be found is dead."""
SILENT = 12.0
"""Seconds of silence after which a job of which nothing else is known is dead."""
START = 12.0
"""Seconds that a process may take until it is there."""

RESUMABLE = ("paused", "stopped", "failed", "dead")
KILLED = "its process ended without a word (killed, or the machine went down)"


@dataclass(frozen=True)
class Job:
    """One piece of long work.

    Attributes:
        id: in this store; also the name of its folder.
        kind: ``train ctc``, ``round``, ``gate`` ...
        state: one of ``ledger.STATES``.
        config: what it was asked to do.
        snapshot: id of what it learns from, None without.
        person: id of who asked for it, None for a command of before.
        parent: id of the job that it builds on, None without.
        threads: CPU threads, 0 for the default.
        progress: share that is done, 0..1.
        told: what it does at the moment, in words.
        wish: ``pause`` or ``cancel`` where that was asked and has not happened yet.
        reason: why it is in this state.
        folder: path of its folder.
        log: path of what it printed.
        metrics: name -> figure, as far as known.
        heartbeat: last sign of life, seconds since 1970 UTC.
        pid: of its process.
        started: when it was queued, later when it began.
        ended: when it ended, None while it goes on.
    """

    id: int
    kind: str
    state: str
    config: dict[str, Any]
    snapshot: int | None
    person: int | None
    parent: int | None
    threads: int
    progress: float
    told: str
    wish: str
    reason: str
    folder: str
    log: str
    metrics: dict[str, Any]
    heartbeat: float | None
    pid: int | None
    born: str | None
    started: float
    ended: float | None


@dataclass(frozen=True)
class Owner:
    """The process that has a job in hand."""

    pid: int
    born: str


def put_job(
    store: Store, person: int, kind: str, config: Mapping[str, Any], snapshot: int | None = None,
    parent: int | None = None, threads: int = 0,
) -> Job:  # fmt: skip
    """Queue a job.

    Raises:
        NotAllowed: the person may not ``learn``.
        Refused: a value cannot be stored.
    """
    row = {
        "kind": checked(kind, "the kind", NAME, least=1), "state": "waiting", "snapshot": snapshot,
        "person": person, "config": compact(dict(config), "the config"), "parent": parent,
        "threads": max(0, int(threads)), "started": store.now(),
    }  # fmt: skip
    with store.writing() as db:
        allowed(db, person, "learn")
        key = insert(db, "runs", row)
        folder = runs_folder(store) / str(key)
        if folder.exists():
            # Of a job that this store does not know, of another store or from before it was restored.
            folder = folder.with_name(f"{key}-{secrets.token_hex(4)}")
        update(db, "runs", key, {"folder": str(folder), "log": str(folder / "log.txt")})
        return _job(db, key)


def runs_folder(store: Store) -> Path:
    """Where the jobs' folders are: beside the photo files, because they are as private."""
    return store.home / "runs"


def job(store: Store, key: int) -> Job:
    """One job.

    Raises:
        Refused: there is none.
    """
    with store.reading() as db:
        return _job(db, key)


def jobs(store: Store, limit: int = 50, states: tuple[str, ...] = ()) -> list[Job]:
    """The newest first; runs that never were jobs (commands of before) are left out."""
    which = f" AND state IN ({', '.join('?' * len(states))})" if states else ""
    sql = f"SELECT {_COLUMNS} FROM runs WHERE log != ''{which} ORDER BY id DESC LIMIT ?"
    with store.reading() as db:
        return [_of(row) for row in rows(db, sql, [*states, limit])]


def tidy(store: Store, lives: Lives) -> list[Job]:
    """Call the jobs dead whose processes are gone; returns them as they were. A look where all is well."""
    sql = f"SELECT {_COLUMNS} FROM runs WHERE state = 'running' AND log != ''"
    with store.reading() as db:
        lost = [row for row in rows(db, sql) if _lost(row, store.now(), lives)]
    dead = []
    for row in lost:
        with store.writing() as db:
            # Asked again under the lock: it may have spoken, or ended, meanwhile.
            now = first(db, f"{sql} AND id = ?", [row["id"]])
            if now is not None and _lost(now, store.now(), lives):
                update(db, "runs", row["id"], {
                    "state": "dead", "reason": KILLED, "ended": store.now(), "wish": "",
                    "pid": None, "born": None,
                })  # fmt: skip
                dead.append(_of(now))
    return dead


def claim(store: Store, most: int = 1) -> Job | None:
    """Take the job whose turn it is, if fewer than ``most`` run; it must be started then."""
    with store.reading() as db:
        waits = scalar(db, "SELECT 1 FROM runs WHERE state = 'waiting' AND log != ''")
    if not waits:
        return None
    with store.writing() as db:
        if scalar(db, "SELECT COUNT(*) FROM runs WHERE state = 'running' AND log != ''") >= most:
            return None
        key = scalar(db, "SELECT MIN(id) FROM runs WHERE state = 'waiting' AND log != ''")
        if key is None:
            return None
        update(db, "runs", key, _begun(store.now()))
        return _job(db, key)


def take_job(store: Store, key: int, owner: Owner, lives: Lives) -> Job:
    """The process that carries the job out signs for it.

    Raises:
        Refused: another process has it in hand, or it is done.
    """
    with store.writing() as db:
        found = _job(db, key)
        other = found.pid is not None and (found.pid, found.born) != (owner.pid, owner.born)
        if found.state == "running" and other and lives(found.pid or 0, found.born or "") is not False:
            raise Refused(f"job {key} is in the hands of process {found.pid}; cancel it first")
        if found.state == "done":
            raise Refused(f"job {key} is done")
        fields = _begun(store.now()) if found.state != "running" else {"heartbeat": store.now()}
        update(db, "runs", key, fields | {"pid": owner.pid, "born": owner.born})
        return _job(db, key)


def sign(store: Store, key: int, owner: Owner) -> None:
    """Whoever started the process writes down which it is, before it can say so itself."""
    with store.writing() as db:
        db.execute(
            "UPDATE runs SET pid = ?, born = ? WHERE id = ? AND state = 'running' AND pid IS NULL",
            [owner.pid, owner.born, key],
        )


def beat(
    store: Store, key: int, owner: Owner, progress: float | None = None, told: str | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """A sign of life, with what is new.

    Returns:
        What was asked of the job: ``pause``, ``cancel`` or nothing; ``lost`` where the job is not this
        process's any more.
    """
    with store.writing() as db:
        row = _owned(db, key, owner)
        if row is None:
            return "lost"
        fields: Row = {"heartbeat": store.now()}
        if progress is not None:
            fields["progress"] = min(1.0, max(0.0, float(progress)))
        if told is not None:
            fields["told"] = checked(told, "what the job tells", NOTE)
        if metrics:
            fields["metrics"] = compact({**json.loads(row["metrics"]), **metrics}, "the metrics")
        update(db, "runs", key, fields)
        return str(row["wish"])


def end_job(store: Store, key: int, owner: Owner, state: str, reason: str = "") -> None:
    """The process is done with its job, one way or another; nothing happens where it is not its own."""
    with store.writing() as db:
        if _owned(db, key, owner) is None:
            return
        fields: Row = {
            "state": state, "reason": checked(reason, "the reason", NOTE), "wish": "", "pid": None,
            "born": None, "ended": store.now() if state in ENDED else None,
        }  # fmt: skip
        update(db, "runs", key, fields | ({"progress": 1.0} if state == "done" else {}))


def ask(store: Store, key: int, person: int, wish: str) -> Job:
    """Ask a job to ``pause``, to ``cancel`` (it can still be resumed), or to ``resume``.

    What waits is put aside at once; what runs is told, and obeys within a few seconds.

    Raises:
        Refused: no such wish, or the job is not in a state for it.
        NotAllowed: the person may not ``learn``.
    """
    with store.writing() as db:
        who = allowed(db, person, "learn")
        found = _job(db, key)
        by = f"by {who.name}"
        if wish == "resume" and found.state in RESUMABLE:
            fields: Row = {"state": "waiting", "reason": f"resumed {by}", "wish": "", "ended": None}
        elif wish in ("pause", "cancel") and found.state in ("waiting", "running", "paused"):
            if found.state == "running":
                fields = {"wish": checked(wish, "the wish", WORD), "reason": f"{_ASKED[wish]} {by}"}
            else:
                state = "paused" if wish == "pause" else "stopped"
                fields = {"state": state, "reason": f"{_DONE[wish]} {by}"}
                fields |= {"ended": store.now()} if wish == "cancel" else {}
        else:
            can = "pause, cancel and resume"
            raise Refused(f"job {key} is {found.state}; {wish[:40]!r} cannot be done to it (there are {can})")
        update(db, "runs", key, fields)
        return _job(db, key)


_ASKED = {"pause": "asked to pause", "cancel": "asked to stop"}
_DONE = {"pause": "paused", "cancel": "stopped"}
_COLUMNS = ", ".join(Job.__dataclass_fields__)


def _begun(now: float) -> Row:
    return {
        "state": "running", "started": now, "ended": None, "heartbeat": now, "reason": "", "wish": "",
        "told": "starting", "pid": None, "born": None,
    }  # fmt: skip


def _lost(row: Row, now: float, lives: Lives) -> bool:
    # A sign of life from the future: the clock was set back since.
    silent = abs(now - (row["heartbeat"] or 0.0))
    if row["pid"] is None:
        return silent > START
    alive = lives(row["pid"], row["born"] or "")
    if alive is None:
        return silent > SILENT
    # A fresh sign of life counts more than a process that cannot be found from in here.
    return not alive and silent > GONE


def _owned(db: Database, key: int, owner: Owner) -> Row | None:
    return first(
        db,
        "SELECT wish, metrics FROM runs WHERE id = ? AND state = 'running' AND pid = ? AND born = ?",
        [key, owner.pid, owner.born],
    )


def _job(db: Database, key: int) -> Job:
    row = first(db, f"SELECT {_COLUMNS} FROM runs WHERE id = ? AND log != ''", [key])
    if row is None:
        raise Refused(f"there is no job {key}; `jobs list` shows them")
    return _of(row)


def _of(row: Row) -> Job:
    return Job(**{**row, "config": json.loads(row["config"]), "metrics": json.loads(row["metrics"])})

"""The queue: nobody keeps watch over it; whoever looks at it, or ends a job, moves it on.

So it survives the app, and needs no service: a job that ends starts the next, and a desk or a command that
looks finds the dead and starts what waits.
"""

from __future__ import annotations

import os

from core.jobs import process
from core.store.connect import Store
from core.store.errors import Refused
from core.store.jobs import Job, Owner, claim, end_job, job, jobs, sign, tidy
from core.store.rounds import settle_rounds

STUBBORN = 25.0
"""Seconds without a sign of life after which a job that was asked to stop is killed."""


def advance(store: Store) -> list[Job]:
    """Find the dead, settle rounds, start what waits; returns the jobs that were started."""
    process.reap()
    for dead in tidy(store, process.lives):
        if dead.pid is not None:
            process.end_orphans(dead.pid)
    settle_rounds(store)
    _end_stubborn(store)
    started = []
    while (claimed := claim(store, at_once())) is not None:
        try:
            owner = process.start(store, claimed)
        except OSError as error:
            mine = process.myself()
            sign(store, claimed.id, mine)
            end_job(store, claimed.id, mine, "failed", f"its process could not be started ({error})")
            continue
        sign(store, claimed.id, owner)
        started.append(job(store, claimed.id))
    return started


def at_once() -> int:
    """How many jobs run side by side: one, or what ``VIN_DESK_JOBS`` says."""
    text = os.environ.get("VIN_DESK_JOBS", "1")
    try:
        return max(1, int(text))
    except ValueError as error:
        raise Refused(f"VIN_DESK_JOBS is {text[:40]!r}; it takes a number of jobs") from error


def silence(store: Store, entry: Job) -> float:
    """Seconds since the last sign of life of a running job, whichever way the clock went; 0 of others."""
    return abs(store.now() - (entry.heartbeat or entry.started)) if entry.state == "running" else 0.0


def _end_stubborn(store: Store) -> None:
    """A job that hangs does not hear; only one that was asked to end is helped along."""
    for entry in jobs(store, states=("running",)):
        if entry.wish == "cancel" and entry.pid and silence(store, entry) > STUBBORN:
            owner = Owner(entry.pid, entry.born or "")
            process.kill(owner)
            end_job(store, entry.id, owner, "stopped", "it hung and was killed")

"""What the process of a job does: sign for it, do the work, say how it ended, start the next."""

from __future__ import annotations

import os
import signal
import traceback

from core.jobs import process, queue
from core.jobs.progress import Progress
from core.jobs.work import work_of
from core.registry import ModelError
from core.store.connect import Store
from core.store.errors import StoreError
from core.store.jobs import end_job, take_job

NICE = 5
"""Desks come before training where both want the same core."""


def run(store: Store, key: int) -> str:
    """Carry a job out in this process; returns the state in which it ended.

    Raises:
        Refused: there is no such job, or another process has it in hand.
    """
    mine = process.myself()
    job = take_job(store, key, mine, process.lives)
    # A background process of a shell is deaf to SIGINT, and a machine that shuts down sends SIGTERM.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if os.nice(0) < NICE:
        os.nice(NICE)
    os.umask(0o077)
    state, reason = "failed", ""
    progress = Progress(store, job, mine)
    try:
        with progress:
            progress.folder.mkdir(parents=True, exist_ok=True)
            reason = work_of(job.kind)(store, job, progress)
        state = "done"
    except KeyboardInterrupt:
        state, reason = _stopped(progress.wish)
    except (StoreError, ModelError, ValueError, OSError) as error:
        traceback.print_exc()
        reason = str(error) or type(error).__name__
    except Exception as error:  # whatever it was, the row must not say that it runs
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}; the log tells where"
    end_job(store, key, mine, state, reason[:2000])
    queue.advance(store)
    return state


def _stopped(wish: str) -> tuple[str, str]:
    if wish == "cancel":
        return "stopped", "stopped on request; resuming goes on from the last checkpoint"
    if wish == "pause":
        return "paused", "paused on request"
    return "paused", "the system asked it to end; resuming goes on from the last checkpoint"

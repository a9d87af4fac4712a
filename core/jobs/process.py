"""Processes: starting one that outlives us, and telling whether that very one is still there.

A pid is used again sooner or later; together with the time of the process's birth, and the boot that this
time counts from, it is not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from core.store.connect import ROOT, Store
from core.store.jobs import Job, Owner

_STATE, _SESSION, _BIRTH = 0, 3, 19
"""Fields of ``/proc/PID/stat`` behind the name: state, session, and start time in ticks since boot."""


def myself() -> Owner:
    """This process."""
    return Owner(os.getpid(), born(os.getpid()) or "unknown")


def born(pid: int) -> str | None:
    """When a process was born, in a form that no other process shares; None where there is none.

    Zombies are none: what is left of them is a number.
    """
    fields = _stat(pid)
    if fields is None or fields[_STATE] == "Z":
        return None
    return f"{_boot()}:{fields[_BIRTH]}"


def lives(pid: int, birth: str) -> bool | None:
    """Whether the process of this pid and birth is there; None where the system does not tell."""
    if not Path("/proc/self/stat").exists():
        return None
    return born(pid) == birth


def start(store: Store, job: Job) -> Owner:
    """Start the process of a job; it belongs to a session of its own and outlives this one.

    Raises:
        OSError: it cannot be started.
    """
    log = Path(job.log)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    threads = str(job.threads or default_threads())
    environment = {
        **os.environ,
        "VIN_DESK_DB": str(store.path),
        "VIN_DESK_HOME": str(store.home),
        "VIN_DESK_THREADS": threads,
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads),
        "PYTHONUNBUFFERED": "1",
    }
    # What it prints may name photos: nobody else reads it.
    with os.fdopen(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", "jobs", "run", str(job.id)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    return Owner(process.pid, born(process.pid) or "unknown")


def reap() -> None:
    """Take leave of the processes that ended, so that no zombies pile up."""
    _started[:] = [process for process in _started if process.poll() is None]


def kill(owner: Owner) -> bool:
    """End a process and what it started, if it is still that very one; True where something was sent."""
    if not lives(owner.pid, owner.born):
        return False
    try:
        # A job leads a session of its own, so this reaches its helpers and nobody else.
        if os.getpgid(owner.pid) == owner.pid:
            os.killpg(owner.pid, signal.SIGKILL)
        else:
            os.kill(owner.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def end_orphans(session: int) -> int:
    """End what a dead leader of a session left behind, such as makers of batches; returns how many.

    Nothing is done where a process of that number lives: it is another one by now.
    """
    if born(session) is not None:
        return 0
    ended = 0
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields is not None and fields[_STATE] != "Z" and int(fields[_SESSION]) == session:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)
                ended += 1
    return ended


def default_threads() -> int:
    """Threads of a job that was told none: all cores but never more than four."""
    return min(4, os.cpu_count() or 1)


_started: list[subprocess.Popen[bytes]] = []


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name stands in brackets and may hold anything, brackets too.
    return text.rpartition(")")[2].split()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "boot"

"""What the figures were measured on, and how much else the machine did meanwhile."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
STILL = 0.05
"""Seconds without work after which a process is at rest."""
PATIENCE = 3.0
"""Seconds after which nobody waits for it any longer."""


def described() -> str:
    """Processor, cores, memory, system, and the packages that all share."""
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    shared = ", ".join(
        f"{name} {version(name)}" for name in ("onnxruntime", "torch", "opencv-python-headless")
    )
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"no GPU used; {platform.system()}, Python {platform.python_version()}, {shared}"
    )


class Neighbours:
    """How many cores other processes kept busy since this was made."""

    def __init__(self, ours: Sequence[int]) -> None:
        """Begin; ``ours`` are the processes that do not count as others, besides this one."""
        self._ours = [os.getpid(), *ours]
        self._start = time.monotonic()
        self._before = _busy() - self._own()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._start

    def cores(self) -> float:
        """On average; call it while the processes still run."""
        return max(0.0, (_busy() - self._own() - self._before) / max(self.seconds, 1e-6))

    def _own(self) -> float:
        return sum(_used(pid) for pid in self._ours)


def settle(processes: Sequence[int]) -> None:
    """Wait until they work no more: threads that stay awake after an answer slow the next one down."""
    given_up = time.monotonic() + PATIENCE
    before = [_used(pid) for pid in processes]
    while time.monotonic() < given_up:
        time.sleep(STILL)
        now = [_used(pid) for pid in processes]
        if now == before:
            return
        before = now


def _busy() -> float:
    """Seconds that all cores together have worked: user, nice, system, interrupts."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, irq, soft = map(int, fields[:7])
    return (user + nice + system + irq + soft) / _TICKS


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS

"""The other end of ``worker.py``: a system in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class SystemDown(RuntimeError):
    """The system cannot be had on this machine, or its process ended."""


class Process:
    """A running worker; use it as a context.

    Attributes:
        about: version and model files, as the system tells them.
        loading: seconds until it is ready, imports of its packages included.
        pid: of the process.
    """

    def __init__(self, system: str, setup: Any = None) -> None:
        """Start it and wait until it is ready.

        Raises:
            SystemDown: it is not installed or does not load; the message is the last line that it printed.
        """
        asked = {"system": system, "setup": asdict(setup) if setup else None}
        command = [sys.executable, "-m", "benchmarks.peers.worker", json.dumps(asked)]
        # What a system prints while it works is of no use here; a file takes it without filling a pipe.
        self._log = ROOT / "runs" / "bench" / f"{system.replace(' ', '-').lower()}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        ready = self._answer()
        self.pid = self._process.pid
        self.about, self.loading = ready["about"], float(ready["loading"])

    def read(self, photo: Path, box: tuple[float, ...] | None = None) -> dict[str, Any]:
        """Texts, milliseconds and memory, see ``worker.py``.

        Raises:
            SystemDown: the process ended.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"photo": str(photo.resolve()), "box": box}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SystemDown(self._last_words()) from None
        return self._answer()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise SystemDown(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"its process ended with {self._process.returncode}"

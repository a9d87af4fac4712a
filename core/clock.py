"""How long each stage of a reading takes."""

from __future__ import annotations

import time


class Clock:
    """Adds up milliseconds per stage, from its making on."""

    def __init__(self) -> None:
        self._last = self._first = time.perf_counter()
        self._stages: dict[str, float] = {}

    def stop(self, stage: str) -> None:
        """Count the time since the last stop for ``stage``."""
        now = time.perf_counter()
        self._stages[stage] = self._stages.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

    def times(self) -> dict[str, float]:
        """Stage -> milliseconds, in the order of their first stops; ``total`` last."""
        return {**self._stages, "total": 1000 * (time.perf_counter() - self._first)}

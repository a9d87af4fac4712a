"""How a job tells that it lives and how far it is, and hears what is asked of it."""

from __future__ import annotations

import _thread
import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.jobs.process import kill
from core.store.connect import Store
from core.store.errors import StoreError
from core.store.jobs import Job, Owner, beat, end_job

EVERY = 2.0
"""Seconds between signs of life."""

PATIENCE = 120.0
"""Seconds that work may take to save its state once it was interrupted."""


class Progress:
    """A job's line to the store; use it with ``with``.

    A thread gives a sign of life every two seconds. When somebody asked for a pause or a stop, or when the
    job was taken from this process, it interrupts the main thread as Ctrl-C would: training saves its state.

    Attributes:
        job: as it was when it began.
        folder: its folder.
        wish: what was asked of it, once it was heard.
    """

    def __init__(self, store: Store, job: Job, owner: Owner) -> None:
        self.store, self.job, self.folder = store, job, Path(job.folder)
        self.wish = ""
        self._owner = owner
        self._share: float | None = None
        self._told: str | None = None
        self._metrics: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join(timeout=30)
        self._beat()

    def tell(
        self, share: float | None = None, text: str | None = None, metrics: Mapping[str, Any] | None = None
    ) -> None:
        """What is new; it goes to the store with the next sign of life, so it may be told often."""
        with self._lock:
            self._share = self._share if share is None else share
            self._told = self._told if text is None else text
            # What is no number cannot be kept, and would silence every sign of life after it.
            sound = {
                name: value
                for name, value in (metrics or {}).items()
                if not isinstance(value, float) or math.isfinite(value)
            }
            self._metrics.update(sound)

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            if self._beat() and not self._over.is_set():
                # Once: a second interruption would hit the saving that the first one began.
                _thread.interrupt_main()
                asked = time.monotonic()
                while not self._over.wait(EVERY):
                    self._beat()
                    if time.monotonic() - asked > PATIENCE:
                        self._give_up()
                return

    def _give_up(self) -> None:
        """The work does not end by itself: its last checkpoint counts."""
        state = "stopped" if self.wish == "cancel" else "paused"
        try:
            end_job(self.store, self.job.id, self._owner, state, "it did not end by itself and was killed")
        finally:
            kill(self._owner)

    def _beat(self) -> str:
        with self._lock:
            share, told, metrics = self._share, self._told, self._metrics
            self._share, self._told, self._metrics = None, None, {}
        try:
            heard = beat(self.store, self.job.id, self._owner, share, told, metrics)
        except StoreError as error:
            # A store that is locked for long must not end the work; what was told is told again.
            print(f"no sign of life could be given: {error}", flush=True)
            with self._lock:
                self._metrics = {**metrics, **self._metrics}
            return ""
        self.wish = heard or self.wish
        return heard

"""The photos in a labeller's hands: the one on show, and those made ready before anybody waits.

No Streamlit in here, so that it can be tested as what it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from core.store import Draft, Store, StoreError
from core.store.drafts import keep_draft
from core.store.history import history
from core.store.people import Person
from core.store.queue import QueueConfig, Task, next_photo, release, renew, take
from pages.widgets.label.examples import Shelf
from pages.widgets.label.held import Held, ready

LEASE = 180.0
"""Seconds that a photo stays in a person's hands after the last sign of their page (``widgets/pulse``)."""

Reread = Callable[[Held], list[dict[str, Any]]]
"""Reads the strip of a photo as the person sees it, see ``turning.read``."""


class Hands:
    """What one person holds.

    Attributes:
        store: where.
        person: whose.
        held: the photo on show, then those made ready.
    """

    def __init__(
        self, store: Store, person: Person, rng: np.random.Generator, config: QueueConfig | None = None,
        reread: Reread | None = None, desk: str = "label",
    ) -> None:  # fmt: skip
        """Begin with nothing.

        Args:
            store: where.
            person: who.
            rng: for the queue's draws.
            config: of the queue.
            reread: reads a strip again that was turned; None leaves it unread.
            desk: ``label``, or ``review`` where a reviewer mends what they have seen.
        """
        self.store, self.person, self._rng = store, person, rng
        self._config = config or QueueConfig(lease=LEASE)
        self._reread, self._desk = reread, desk
        self._shelf = Shelf(store)
        self.held: list[Held] = []
        # A quick hand starts the next run of the page while the last one still makes photos ready: without
        # this, both fetch the same photo, and it comes back after it was saved.
        self._alone = threading.RLock()

    def fill(self, count: int, surest: bool = False) -> None:
        """Hold so many photos, if the queue has them; ``surest`` as in ``QueueConfig``."""
        config = replace(self._config, surest=surest)
        while self._one_more(count, config):
            pass

    def _one_more(self, count: int, config: QueueConfig) -> bool:
        with self._alone:  # for one photo only: messages need not wait for all of them
            if len(self.held) >= count:
                return False
            besides = [held.photo for held in self.held]
            task = next_photo(self.store, self.person.id, self._rng, config, besides)
            if task is None:
                return False
            self.held.append(self._ready(task))
            if not config.surest:
                self._shelf.beside(self.held[-1])
            return True

    def keep(self, early: bool = False) -> None:
        """The person's page is still open: what they hold stays theirs, unless it was taken over.

        Args:
            early: what has more than half of its lease left is prolonged as well.
        """
        for held in self.held:
            if not early and held.task.until - self.store.now() >= self._config.lease / 2:
                continue
            try:
                until = renew(self.store, held.photo, self.person.id, self._config)
            except StoreError:
                continue  # their next save says who has it, and where the two differ
            self._replace(replace(held, task=replace(held.task, until=until)))

    def change(self, held: Held) -> None:
        """The photo on show is another now: read again from a region that the person drew."""
        self.held = [held if one.photo == held.photo else one for one in self.held]
        keep_draft(self.store, self._draft(held))

    def hold(self, photo: int) -> None:
        """Show a certain photo next.

        Raises:
            StoreError: it is in other hands, or gone.
        """
        self.held.sort(key=lambda one: one.photo != photo)
        if not self.held or self.held[0].photo != photo:
            task = take(self.store, photo, self.person.id, self._desk, config=self._config)
            self.held.insert(0, self._ready(task))

    def leave(self) -> None:
        """Somebody else sits down: what was held goes back into the queue, drafts stay."""
        for held in self.held:
            release(self.store, held.photo, self.person.id)
        self.held = []

    # For those that build on it.

    def _draft(self, held: Held) -> Draft:
        said = held.task.prediction
        return Draft(
            held.photo, self.person.id, held.base, held.work.content(held.quads, held.kind),
            held.work.seconds, said.id if said else None, held.work.note,
        )  # fmt: skip

    def _ready(self, task: Task) -> Held:
        held = self._stale(ready(self.store, task))
        # Turned before a reload, or drawn elsewhere: the reading that is stored tells of another strip.
        if held.task.prediction and held.quads and not (held.characters or task.blind) and self._reread:
            held = replace(held, characters=self._reread(held))
        return held

    def _stale(self, held: Held) -> Held:
        """A draft on a version that is not there any more meets what was saved since."""
        return held if held.base == held.task.base else self._conflicting(held, held.task.base)

    def _conflicting(self, held: Held, version: int) -> Held:
        since = [one for one in history(self.store, held.photo, self.person.id) if one.action != "skip"]
        other = since[-1] if since else None
        trouble = {
            "kind": "conflict",
            "by": other.by if other else "somebody",
            "action": other.action if other else "",
            "text": other.content.text if other and other.content else "",
            "reason": other.reason if other else "",
        }
        return replace(held, base=version, trouble=trouble)

    def _find(self, photo: int) -> Held | None:
        return next((held for held in self.held if held.photo == photo), None)

    def _replace(self, held: Held) -> None:
        self.held = [held if one.photo == held.photo else one for one in self.held]

    def _drop(self, photo: int) -> None:
        self.held = [held for held in self.held if held.photo != photo]

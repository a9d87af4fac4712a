"""A labeller's session: photos in their hands, the next ones made ready, and what the editor's messages do.

No Streamlit in here, so that it can be tested as what it is: messages in, the store changed, data out.
"""

from __future__ import annotations

import datetime
import statistics
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from core.store import Conflict, Draft, Gone, Refused, Store, StoreError
from core.store.annotations import reject, save, skip
from core.store.drafts import drop_draft, keep_draft
from core.store.history import history, seconds_spent, work_of
from core.store.people import Person
from core.store.photos import with_vin
from core.store.queue import QueueConfig, next_photo, release, renew, take
from core.vin import is_vin
from pages.widgets.label.held import Held, ready
from pages.widgets.label.packet import packet
from pages.widgets.label.work import FINISHING, Message

SENT = 2
"""Photos in the browser: the one on show and the next, which is there at once."""

AHEAD = 1
"""Further photos made ready here, so that the one after next is sent without a wait."""


class Session:
    """One person at the Label desk.

    Attributes:
        store: where.
        person: whose.
        held: the photo on show, then those made ready.
        last: number of the newest message that was done.
        twin: id of another photo with the same VIN that the person asked to see, 0 for none.
        region: the person wants to see the whole photo.
    """

    def __init__(
        self, store: Store, person: Person, rng: np.random.Generator, config: QueueConfig | None = None
    ) -> None:
        self.store, self.person, self._rng = store, person, rng
        self._config = config or QueueConfig()
        self.held: list[Held] = []
        self.last = 0
        self.twin = 0
        self.region = False
        self._notice = ""
        self._done: list[int] = []
        for event in work_of(store, person.id):
            if event.action in ("label", "reject", "skip") and event.photo not in self._done:
                self._done.insert(0, event.photo)
        self._spent = seconds_spent(store, person.id, _midnight())

    def fill(self, count: int, surest: bool = False) -> None:
        """Hold so many photos, if the queue has them; ``surest`` as in ``QueueConfig``."""
        config = replace(self._config, surest=surest)
        while len(self.held) < count:
            besides = [held.photo for held in self.held]
            task = next_photo(self.store, self.person.id, self._rng, config, besides)
            if task is None:
                break
            self.held.append(self._stale(ready(self.store, task)))

    def handle(self, messages: Iterable[Message]) -> None:
        """Do what is new among the messages, in order; a failure stays with its photo and stops nothing."""
        for message in messages:
            if message.number <= self.last:
                continue
            self.last, self._notice = message.number, ""
            try:
                _DOING[message.kind](self, message)
            except Gone as error:
                self._drop(message.photo)
                self._notice = f"{error}."
            except StoreError as error:
                self._trouble(message, {"kind": "failed", "told": f"Not saved: {error}."})

    def data(self, pictures: Collection[str]) -> dict[str, Any]:
        """What the editor shows.

        Args:
            pictures: those that the browser has already; they are not sent again.
        """
        return {
            "acknowledged": self.last,
            "notice": self._notice,
            "today": len(self._spent),
            "median": round(statistics.median(self._spent), 1) if self._spent else None,
            "photos": [packet(held, pictures, self._twins(held)) for held in self.held[:SENT]],
        }

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
            task = take(self.store, photo, self.person.id, config=self._config)
            self.held.insert(0, self._stale(ready(self.store, task)))

    def leave(self) -> None:
        """Somebody else sits down: what was held goes back into the queue, drafts stay."""
        for held in self.held:
            release(self.store, held.photo, self.person.id)
        self.held = []

    # What each message does.

    def _edit(self, message: Message) -> None:
        held = self._find(message.photo) or self._taken_again(message)
        assert message.work is not None
        # Typed on a strip that was read anew meanwhile: its places mean nothing on the new one.
        if message.revision != held.stamp:
            return
        kept = {} if held.trouble.get("kind") in ("refused", "failed") else held.trouble
        held = replace(held, work=message.work, trouble=kept)
        self._replace(held)
        keep_draft(self.store, self._draft(held))
        if held.task.until - self.store.now() < self._config.lease / 2:
            until = renew(self.store, held.photo, self.person.id, self._config)
            self._replace(replace(held, task=replace(held.task, until=until)))

    def _accept(self, message: Message) -> None:
        held = self._find(message.photo) or self._taken_again(message)
        assert message.work is not None
        if message.revision != held.stamp:
            told = "Not saved: this strip was made anew meanwhile. Look at it once more."
            self._trouble(message, {"kind": "refused", "told": told})
            return
        held = replace(held, work=message.work)
        self._replace(held)
        try:
            save(self.store, replace(self._draft(held), uid=message.uid or uuid.uuid4().hex))
        except Conflict as error:
            self._replace(self._conflicting(held, error.version))
            return
        except Refused as error:
            self._trouble(message, {"kind": "refused", "told": f"Not saved: {error}."})
            return
        self._finished(held.photo, message.work.seconds)

    def _reject(self, message: Message) -> None:
        held = self._find(message.photo) or self._taken_again(message)
        seconds = message.work.seconds if message.work else 0.0
        try:
            reject(self.store, held.photo, self.person.id, held.base, message.reason, message.uid, seconds)
        except Conflict as error:
            self._replace(self._conflicting(held, error.version))
            return
        self._finished(held.photo, seconds)

    def _skip(self, message: Message) -> None:
        skip(self.store, message.photo, self.person.id, message.uid)
        self._finished(message.photo)

    def _yield(self, message: Message) -> None:
        """Another's label stands."""
        drop_draft(self.store, message.photo, self.person.id)
        release(self.store, message.photo, self.person.id)
        self._drop(message.photo)

    def _back(self, _message: Message) -> None:
        while self._done:
            photo = self._done.pop()
            if any(held.photo == photo for held in self.held):
                continue
            try:
                self.hold(photo)
            except StoreError as error:
                self._notice = f"{error}."
                return
            if self.held[0].task.photo.state == "approved":
                self._notice = "This photo is approved; saving it again sends it back to review."
            return
        self._notice = "There is nothing to go back to."

    def _twin(self, message: Message) -> None:
        held = self._find(message.photo)
        found = self._twins(held) if held else []
        self.twin = found[0]["id"] if found and self.twin != found[0]["id"] else 0

    def _region(self, _message: Message) -> None:
        self.region = not self.region

    # Helpers.

    def _twins(self, held: Held) -> list[dict[str, Any]]:
        """Other photos of this VIN; none on a blind one, because they would tell what others said."""
        if held.task.blind or not is_vin(held.work.text):
            return []
        found = with_vin(self.store, held.work.text, held.photo)
        return [{"id": one.id, "name": one.name, "state": one.state} for one in found]

    def _draft(self, held: Held) -> Draft:
        said = held.task.prediction
        return Draft(
            held.photo, self.person.id, held.base, held.work.content(held.quads, held.kind),
            held.work.seconds, said.id if said else None, held.work.note,
        )  # fmt: skip

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

    def _trouble(self, message: Message, trouble: dict[str, Any]) -> None:
        held = self._find(message.photo)
        if held is None:
            self._notice = trouble["told"]
        elif message.kind in FINISHING:
            self._replace(replace(held, trouble=trouble))
        else:
            self._notice = trouble["told"]

    def _finished(self, photo: int, seconds: float | None = None) -> None:
        self._done.append(photo)
        if seconds is not None:
            self._spent.append(seconds)
        self._drop(photo)
        self.region = False

    def _taken_again(self, message: Message) -> Held:
        """The photo of a message that was meant for a session that is no more: the server was restarted.

        It builds on the version that the person saw then, so that whoever saved meanwhile is not overruled.
        """
        task = take(self.store, message.photo, self.person.id, config=self._config)
        held = ready(self.store, task)
        if message.seen:
            held = replace(held, revision=message.seen[0], base=message.seen[1])
        self.held.insert(0, held)
        return held

    def _find(self, photo: int) -> Held | None:
        return next((held for held in self.held if held.photo == photo), None)

    def _replace(self, held: Held) -> None:
        self.held = [held if one.photo == held.photo else one for one in self.held]

    def _drop(self, photo: int) -> None:
        self.held = [held for held in self.held if held.photo != photo]
        self.twin = 0


_DOING: dict[str, Callable[[Session, Message], None]] = {
    "edit": Session._edit,
    "accept": Session._accept,
    "reject": Session._reject,
    "skip": Session._skip,
    "yield": Session._yield,
    "back": Session._back,
    "twin": Session._twin,
    "region": Session._region,
}


def _midnight() -> float:
    """When today began here, seconds since 1970 UTC."""
    today = datetime.datetime.now().astimezone()
    return today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

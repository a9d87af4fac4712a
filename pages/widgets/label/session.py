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
from core.store.agreement import agreement
from core.store.annotations import reject, save, skip
from core.store.drafts import drop_draft, keep_draft
from core.store.history import history, seconds_spent, undo, work_of
from core.store.leases import looked_at
from core.store.people import Person
from core.store.photos import with_vin
from core.store.queue import QueueConfig, release, take
from core.vin import is_vin
from pages.widgets.label.coach import Habit
from pages.widgets.label.hands import Hands, Reread
from pages.widgets.label.held import Held
from pages.widgets.label.packet import packet
from pages.widgets.label.work import FINISHING, Message

SENT = 2
"""Photos in the browser: the one on show and the next, which is there at once."""

AHEAD = 1
"""Further photos made ready here, so that the one after next is sent without a wait."""

TOLD_ANEW = 10
"""Photos after which one's own agreement is counted again: never so soon that a single blind one shows."""


class Session(Hands):
    """One person at the Label desk.

    What they hold is told in ``Hands``.

    Attributes:
        last: number of the newest message that was done.
        twin: id of another photo with the same VIN that the person asked to see, 0 for none.
        region: the person wants to see the whole photo.
        refused: ``Held.stamp`` of readings that the person did not want to accept in triage.
    """

    def __init__(
        self,
        store: Store,
        person: Person,
        rng: np.random.Generator,
        config: QueueConfig | None = None,
        reread: Reread | None = None,
        habit: Habit | None = None,
        desk: str = "label",
    ) -> None:
        """Sit down; ``habit`` tells the coach how usual a VIN is, the rest is as in ``Hands``."""
        super().__init__(store, person, rng, config, reread, desk)
        self._habit = habit
        self.last = 0
        self.twin = 0
        self.region = False
        self.refused: set[str] = set()
        self._notice = ""
        self._done: list[int] = []
        for event in work_of(store, person.id):
            if event.action in ("label", "reject", "skip") and event.photo not in self._done:
                self._done.insert(0, event.photo)
        self._spent = seconds_spent(store, person.id, _midnight())
        self._agreed = agreement(store, person.id)

    def handle(self, messages: Iterable[Message]) -> None:
        """Do what is new among the messages, in order; a failure stays with its photo and stops nothing."""
        with self._alone:
            self._handle(messages)

    def _handle(self, messages: Iterable[Message]) -> None:
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
        shown = self.held[:SENT]
        examples = [self._shelf.beside(held) for held in shown]
        return {
            "acknowledged": self.last,
            "notice": self._notice,
            "today": len(self._spent),
            "median": round(statistics.median(self._spent), 1) if self._spent else None,
            "agreed": [self._agreed.exact, self._agreed.photos],
            "photos": [
                packet(held, pictures, self._twins(held), some, self._habit)
                for held, some in zip(shown, examples, strict=True)
            ],
            "glyphs": {
                one.key: one.source
                for some in examples
                for several in some.values()
                for one in several
                if one.key not in pictures
            },
        }

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
        if held.work.turned and not held.turned and self._reread and not held.task.blind:
            self._replace(replace(held, turned=self._reread(held)))
        self.keep()

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
        held = self._find(message.photo)
        if held is not None and held.task.mine:
            # They came back to look: leaving is not taking back.
            self._yield(message)
            self._finished(message.photo)
            self._notice = "Your label stands. Shift+F2 takes back what you did last."
            return
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

    def _undo(self, message: Message) -> None:
        """Take back one's own label of the photo on show, else whatever one did last; its photo is next."""
        held = self._find(message.photo)
        of = held.photo if held is not None and held.task.mine else None
        taken = undo(self.store, self.person.id, message.uid or uuid.uuid4().hex, of)
        key = taken.photo
        was = next(one for one in history(self.store, key, self.person.id) if one.id == taken.undoes)
        if was.action == "label" and was.content is not None:
            # What was typed is not lost: it stands in the editor again, as a draft.
            keep_draft(
                self.store,
                Draft(key, self.person.id, taken.id, was.content, was.seconds, was.prediction, was.note),
            )
        if was.action in ("label", "reject") and self._spent:
            self._spent.pop()
        self._done = [photo for photo in self._done if photo != key]
        self._drop(key)
        self._notice = f"Taken back: your {_WORDS.get(was.action, was.action)} of photo {key}."
        try:
            self.hold(key)
        except StoreError as error:
            self._notice += f" {error}."

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

    def _drop(self, photo: int) -> None:
        super()._drop(photo)
        self.twin = 0

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
            if len(self._spent) % TOLD_ANEW == 0:
                self._agreed = agreement(self.store, self.person.id)
        self._drop(photo)
        self.region = False

    def _taken_again(self, message: Message) -> Held:
        """The photo of a message that was meant for a session that is no more: the server was restarted.

        It builds on the version that the person saw then, so that whoever saved meanwhile is not overruled.
        Somebody may work on it by now; a save that comes late counts all the same, and theirs meets it.
        """
        try:
            task = take(self.store, message.photo, self.person.id, self._desk, config=self._config)
        except Refused:
            if not message.seen:
                raise
            task = looked_at(self.store, message.photo, self.person.id)
        held = self._ready(task)
        if message.seen:
            held = replace(held, revision=message.seen[0], base=message.seen[1])
        self.held.insert(0, held)
        return held


_DOING: dict[str, Callable[[Session, Message], None]] = {
    "edit": Session._edit,
    "accept": Session._accept,
    "reject": Session._reject,
    "skip": Session._skip,
    "yield": Session._yield,
    "back": Session._back,
    "undo": Session._undo,
    "twin": Session._twin,
    "region": Session._region,
}


_WORDS = {"reject": "rejection", "approve": "approval", "send_back": "sending back", "restore": "restoring"}


def _midnight() -> float:
    """When today began here, seconds since 1970 UTC."""
    today = datetime.datetime.now().astimezone()
    return today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

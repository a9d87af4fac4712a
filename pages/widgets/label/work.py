"""What the strip editor says: a person's work on one photo, checked before anything is done with it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from core.geometry import Quad
from core.store import Character, Content
from core.store.content import Corners, corners_of
from core.vin import ALPHABET, UNREAD

KINDS = ("edit", "accept", "skip", "reject", "back", "undo", "yield", "twin", "region")
"""Messages of the editor: kept as a draft, saved, left to others, no use, go back one, take back what one did
last, let theirs stand, show or hide another photo of the same VIN, show or hide the whole photo."""

FINISHING = ("accept", "skip", "reject", "yield")
"""Those after which the next photo is shown."""

MOST_SLOTS = 40
"""Characters that a line may hold while it is being corrected; a VIN has 17."""

MOST_NOTE = 2000
MOST_MESSAGES = 200


@dataclass(frozen=True)
class Place:
    """One character where it stands.

    Attributes:
        character: of ``vin.ALPHABET``, ``?`` where it cannot be read, empty where it is not typed yet.
        part: which of the line's quads it lies in.
        left: start along that quad's own frame, 0..1.
        width: along the same.
    """

    character: str
    part: int
    left: float
    width: float


@dataclass(frozen=True)
class Work:
    """What a person has made of a photo so far.

    Attributes:
        slots: from left to right as the strip is shown.
        turned: the strip was turned by 180 degrees; the slots are told as it is shown then.
        tags: troubles.
        note: for the reviewer.
        seconds: spent on it.
    """

    slots: tuple[Place, ...]
    turned: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The characters; a blank where one is not typed yet."""
        return "".join(slot.character or " " for slot in self.slots)

    def content(self, quads: Sequence[Quad], kind: str) -> Content:
        """As a label.

        Args:
            quads: of the strip as it was sent, none where the place is not known.
            kind: what carries the VIN.
        """
        if self.turned:
            quads = [quad.turned() for quad in reversed(quads)]
        corners: tuple[Corners, ...] = tuple(corners_of(quad) for quad in quads)
        characters = tuple(
            Character(slot.character, slot.part, (slot.left, 0.0, slot.width, 1.0)) for slot in self.slots
        )
        return Content(self.text, corners, characters if corners else (), kind, self.tags)


_STAMP = re.compile(r"\d{1,18}\.(\d{1,9})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class Message:
    """One thing that a person did.

    Attributes:
        number: counts up within a session; what was done already is not done again.
        kind: one of ``KINDS``.
        photo: its id.
        uid: of the save.
        work: how the photo stands, None where that does not matter.
        reason: of a rejection.
        revision: of the photo that the work was done on, see ``Held.stamp``.
    """

    number: int
    kind: str
    photo: int
    uid: str
    work: Work | None
    reason: str = ""
    revision: str = ""

    @property
    def seen(self) -> tuple[int, int] | None:
        """``Held.revision`` and ``Held.base`` of the photo as the person saw it."""
        found = _STAMP.fullmatch(self.revision)
        return (int(found[1]), int(found[2])) if found else None


def parse(messages: object) -> list[Message]:
    """What ``editor.js`` has sent and not been thanked for, in order; what is no message is left out.

    The browser is not trusted: it may send anything at all.
    """
    if not isinstance(messages, list):
        return []
    found = [_message(entry) for entry in messages[:MOST_MESSAGES] if isinstance(entry, Mapping)]
    return sorted((one for one in found if one is not None), key=lambda one: one.number)


def _message(entry: Mapping[str, Any]) -> Message | None:
    number, photo, kind = entry.get("number"), entry.get("photo"), entry.get("kind")
    if not _whole(number) or not _whole(photo) or kind not in KINDS:
        return None
    work = _work(entry.get("work"))
    if work is None and kind in ("edit", "accept"):
        return None
    return Message(int(number), kind, int(photo), _text(entry.get("uid"), 64), work,
                   _text(entry.get("reason"), MOST_NOTE), _text(entry.get("revision"), 64))  # fmt: skip


def _work(entry: object) -> Work | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("slots"), list):
        return None
    slots = [_place(slot) for slot in entry["slots"][: MOST_SLOTS + 1]]
    if len(slots) > MOST_SLOTS or None in slots:
        return None
    tags = entry.get("tags")
    seconds = entry.get("seconds")
    return Work(
        tuple(slot for slot in slots if slot),
        entry.get("turned") is True,
        tuple(_text(tag, 64) for tag in tags[:32]) if isinstance(tags, list) else (),
        _text(entry.get("note"), MOST_NOTE),
        min(max(float(seconds), 0.0), 86_400.0) if _number(seconds) else 0.0,
    )


def _place(slot: object) -> Place | None:
    """``[character, part, left, width]``."""
    if not isinstance(slot, list) or len(slot) != 4:
        return None
    character, part, left, width = slot
    if not isinstance(character, str) or (character and character not in (*ALPHABET, UNREAD)):
        return None
    if not (_whole(part) and 0 <= part <= 1 and _number(left) and _number(width)):
        return None
    # A character may stick out of its quad a little; the store refuses more than that.
    left, width = min(max(left, -0.5), 1.5), min(max(width, 0.0), 1.5)
    return Place(character, part, round(float(left), 4), round(float(width), 4))


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: object, most: int) -> str:
    """Cut where it is too long, halves of characters replaced: a person's words, not a name of anything."""
    if not isinstance(value, str):
        return ""
    return value[:most].encode("utf-8", "replace").decode("utf-8")

"""What a person says of a photo: the text, where it stands, and a label about to be saved."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.geometry import Quad
from core.store.connect import Row
from core.store.errors import Refused
from core.store.texts import NOTE, TAGS, WORD, checked
from core.vin import ALPHABET, UNREAD, normalise, problems

Corners = tuple[tuple[float, float], ...]

LARGEST = 1e6
"""Coordinates beyond this are no place in a photo, pixels."""


@dataclass(frozen=True)
class Character:
    """One character with its box.

    Attributes:
        text: of ``vin.ALPHABET``, or ``?``.
        part: which of the label's quads it lies in.
        box: ``(left, top, width, height)`` in that quad's own frame, 0..1 along and across.
    """

    text: str
    part: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Content:
    """What a label says. It outlives any detector: no pixels, only places.

    Attributes:
        text: 17 characters, ``?`` where one cannot be read.
        quads: corners of one or two lines in pixels of the upright photo, clockwise from the text's own top
            left; none where the place is not known.
        characters: 17 of them, or none.
        kind: ``windshield``, ``label``, ``stamped`` ...; empty where not said.
        tags: troubles: ``blur``, ``glare`` ...
    """

    text: str
    quads: tuple[Corners, ...] = ()
    characters: tuple[Character, ...] = ()
    kind: str = ""
    tags: tuple[str, ...] = ()

    def lines(self) -> tuple[Quad, ...]:
        """The quads as geometry."""
        return tuple(Quad(np.array(corners)) for corners in self.quads)

    def checked(self) -> Content:
        """The same in the letters of a VIN, tags sorted, coordinates rounded.

        To 1/100 pixel, and to 1/10,000 of a quad.

        Raises:
            Refused: it is no label; the message says all that is wrong with the text.
        """
        text = normalise(checked(self.text, "the VIN", 200), keep_unread=True)
        wrong = problems(text, unread_allowed=True)
        if wrong:
            raise Refused(f"{self.text[:40]!r} is not a VIN: {'; '.join(wrong)}")
        if len(self.quads) > 2:
            raise Refused(f"a VIN lies on one or two lines, got {len(self.quads)} quads")
        quads = tuple(_corners(corners) for corners in self.quads)
        characters = tuple(_character(character, len(quads)) for character in self.characters)
        if characters and "".join(character.text for character in characters) != text:
            raise Refused("the character boxes spell another text than the VIN; correct one of the two")
        if len(self.tags) > TAGS:
            raise Refused(f"{len(self.tags)} tags are more than the {TAGS} allowed")
        tags = {tag_of(tag) for tag in self.tags}
        return Content(text, quads, characters, checked(self.kind, "the kind", WORD), tuple(sorted(tags)))

    def to_row(self) -> Row:
        """Columns of ``events``."""
        return {
            "text": self.text,
            "quads": json.dumps(self.quads),
            "characters": json.dumps([[c.text, c.part, *c.box] for c in self.characters]),
            "kind": self.kind,
            "tags": json.dumps(list(self.tags)),
        }

    @classmethod
    def from_row(cls, row: Row) -> Content | None:
        """What :meth:`to_row` wrote; None of a row without a text."""
        if row["text"] is None:
            return None
        characters = tuple(
            Character(text, part, (left, top, width, height))
            for text, part, left, top, width, height in json.loads(row["characters"] or "[]")
        )
        return cls(
            row["text"],
            corners_in(row["quads"]),
            characters,
            row["kind"] or "",
            tuple(json.loads(row["tags"] or "[]")),
        )


def tag_of(tag: str) -> str:
    """One word of trouble.

    Raises:
        Refused: it is empty, too long, or holds a comma.
    """
    if "," in checked(tag, "a tag", WORD, least=1):
        raise Refused(f"the tag {tag!r} holds a comma, which separates tags; make it two")
    return tag.strip()


def corners_of(quad: Quad) -> Corners:
    """A quad as numbers that JSON keeps, rounded to 1/100 pixel."""
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in quad.corners)


def corners_in(text: str | None) -> tuple[Corners, ...]:
    """Quads out of their JSON, none of None."""
    return tuple(tuple((x, y) for x, y in corners) for corners in json.loads(text or "[]"))


@dataclass(frozen=True)
class Draft:
    """A label about to be saved.

    Attributes:
        photo: its id.
        person: who saves.
        base: the version that the person saw (``Task.base``, ``PhotoEntry.version``).
        content: what they say.
        seconds: spent on it.
        prediction: id of the prediction it started from.
        note: for the reviewer.
        uid: tells this save from all others, so that trying again after a doubtful end cannot count twice.
    """

    photo: int
    person: int
    base: int
    content: Content
    seconds: float = 0.0
    prediction: int | None = None
    note: str = ""
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)

    def checked(self) -> Draft:
        """The same with its content checked.

        Raises:
            Refused: something in it cannot be stored.
        """
        if not 0 <= self.seconds < 1e7:
            raise Refused(f"{self.seconds} seconds cannot have been spent on a label")
        return Draft(
            int(self.photo),
            int(self.person),
            int(self.base),
            self.content.checked(),
            float(self.seconds),
            self.prediction,
            checked(self.note, "the note", NOTE),
            checked(self.uid, "the save's id", WORD, least=1),
        )


def _corners(corners: Any) -> Corners:
    array = np.asarray(corners, dtype=np.float64)
    if array.shape != (4, 2) or not np.all(np.abs(array) < LARGEST):
        raise Refused("a quad has four corners (x, y) in pixels of the photo")
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in array)


def _character(character: Character, quads: int) -> Character:
    box = np.asarray(character.box, dtype=np.float64)
    # A character may stick out of a hand-drawn quad a little, but not by a whole line.
    if box.shape != (4,) or not np.all(np.abs(box) <= 2) or min(box[2:]) < 0:
        raise Refused("a character's box is (left, top, width, height) in the quad's own frame, 0 to 1")
    if character.text not in ALPHABET + UNREAD or len(character.text) != 1:
        raise Refused(f"{character.text[:20]!r} is no character of a VIN")
    if not 0 <= character.part < quads:
        raise Refused("a character lies in a quad that the label does not have")
    left, top, width, height = (round(float(value), 4) for value in box)
    return Character(character.text, int(character.part), (left, top, width, height))

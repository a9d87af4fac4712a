"""What the measures look at: a chosen line, straightened, with the places of its characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.recognize.strips import MARGIN, places, to_grey
from core.records import Candidate, Slot, Strip

WIDTH, HEIGHT = 320, 48
"""Pixels of the strip that is looked at."""
TEXT = (1 / 6, 5 / 6)
"""Rows of the strip that hold the text, shares of its height."""


@dataclass(frozen=True, eq=False)
class View:
    """A line as the measures see it.

    Attributes:
        strip: the way to its pixels.
        slots: its 17 characters.
        texts: what the readers say without being told the length.
        picture: uint8 RGB ``(48, 320, 3)``, margins included.
        grey: the same, ``(48, 320)``.
        places: float ``(17, 2)``, where the characters are along it, 0..1.
        pitch: pixels of the photo per character.
        height: of the line, pixels of the photo.
    """

    strip: Strip
    slots: Sequence[Slot]
    texts: tuple[str, ...]
    picture: np.ndarray
    grey: np.ndarray
    places: np.ndarray
    pitch: float
    height: float

    @classmethod
    def of(cls, strip: Strip, candidate: Candidate) -> View:
        """The view of a candidate's line."""
        picture = strip.render(WIDTH, HEIGHT, MARGIN)
        texts = tuple(candidate.readers.values())
        height = sum(quad.height for quad in strip.parts) / len(strip.parts) * strip.photo.scale
        seen = places(strip, candidate.slots)
        pitch = pitch_of(strip)
        return cls(strip, candidate.slots, texts, picture, to_grey(picture), seen, pitch, height)

    def cells(self) -> list[np.ndarray]:
        """The grey levels of each character, text rows only; at least one column each."""
        top, bottom = (round(share * HEIGHT) for share in TEXT)
        columns = np.clip(np.round(self.places * WIDTH).astype(int), 0, WIDTH)
        out = []
        for start, end in columns:
            start = min(max(0, start), WIDTH - 1)
            out.append(self.grey[top:bottom, start : max(start + 1, end)])
        return out


def pitch_of(strip: Strip) -> float:
    """Pixels of the photo per character."""
    return sum(quad.length for quad in strip.parts) / 17 * strip.photo.scale

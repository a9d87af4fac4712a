"""Measures of one trouble each: a score, the score from which on it hurts, and the characters it hurts.

These need no training. Those of light, contrast, glare and sharpness stand in where the network of
:mod:`core.quality.gauge` is missing; pitch, angle and ends are seen in the line's geometry and always count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from core.quality.view import WIDTH, View


@dataclass(frozen=True)
class Finding:
    """What one measure says of one line.

    Attributes:
        kind: of the trouble.
        score: 0 and more; from ``threshold`` on the trouble hurts.
        threshold: above 0.
        slots: characters that are hurt, 0..16; none stands for all.
    """

    kind: str
    score: float
    threshold: float
    slots: tuple[int, ...] = ()

    @property
    def severity(self) -> float:
        """0..1, 0.5 at the threshold."""
        return float(np.clip(0.5 * self.score / self.threshold, 0, 1))


class Measure(Protocol):
    """One trouble's measure."""

    def __call__(self, view: View) -> Finding:
        """Look at a line."""


@dataclass(frozen=True)
class Pitch:
    """Too few pixels per character: readings become guesses below, though by eye 5 to 8 can be read."""

    least: float = 4.4

    def __call__(self, view: View) -> Finding:
        """The score is how many times the pitch would have to grow."""
        return Finding("small", (self.least / max(view.pitch, 0.5)) ** 2, 1.0)


@dataclass(frozen=True)
class Steep:
    """Seen from the side the line is foreshortened: narrow and high, flat, or smaller towards one end.

    Attributes:
        narrow: pitch over height of the quad below which the line is seen from its end.
        flat: and above which it is seen from below or above.
        keystone: pitch at one end over that at the other.

    Of 120 photos of `val` that were read right, none is beyond: plates and fonts differ that much.
    """

    narrow: float = 0.14
    flat: float = 2.0
    keystone: float = 2.2

    def __call__(self, view: View) -> Finding:
        """The score is the worst of the three, each over its bound."""
        ratio = max(view.pitch, 0.1) / max(view.height, 0.5)
        worst = max(self.narrow / ratio, ratio / self.flat, _taper(view) / self.keystone)
        return Finding("steep", worst, 1.0)


@dataclass(frozen=True)
class Ends:
    """An end of the line lies at the photo's border, and characters are missing there.

    Attributes:
        near: distance from the border within which the line is cut, pitches.
        fewest: characters that have to be read; of bars and other rows nothing is known to be missing.
    """

    near: float = 0.6
    fewest: int = 7

    def __call__(self, view: View) -> Finding:
        """The score counts the characters that the readers miss; half a one where only the place tells."""
        missing = 17 - float(np.median([len(text) for text in view.texts])) if view.texts else 0.0
        first, last = self._at_border(view, 0), self._at_border(view, -1)
        if not (first or last) or missing > 17 - self.fewest:
            return Finding("cut", 0.0, 1.0)
        count = max(1, round(missing))
        slots = tuple(range(count) if first else range(17 - count, 17))
        # Between two ends at the border nothing tells how many are missing at which.
        return Finding("cut", max(0.5, missing), 1.0, () if first and last else slots)

    def _at_border(self, view: View, end: int) -> bool:
        quad, slot = view.strip.parts[end], view.slots[end]
        place = slot.extent[0] if end == 0 else slot.extent[1]
        x, y = quad.to_photo(np.array([[place, 0.5]]))[0]
        width, height = view.strip.photo.size
        reach = self.near * view.pitch / view.strip.photo.scale
        return min(x, y, width - x, height - y) < reach


@dataclass(frozen=True)
class Light:
    """Characters in the dark, or overexposed; what is bright in places only is glare.

    Attributes:
        kind: ``dark`` or ``bright``.
        level: grey levels from black, or from white, within which a character is lost.
        least: how many characters have to be.
    """

    kind: str
    level: float
    least: int = 1

    def __call__(self, view: View) -> Finding:
        """The score is how far the levels are on the wrong side."""
        medians = np.array([float(np.median(cell)) for cell in view.cells()])
        away = medians if self.kind == "dark" else 255 - medians
        hurt = _indices(away < self.level)
        hurt = hurt if len(hurt) >= self.least else ()
        worst = float(np.median(away[list(hurt)])) if hurt else float(away.min())
        return Finding(self.kind, self.level / max(worst, 1.0) * bool(hurt), 1.0, _some(hurt))


@dataclass(frozen=True)
class Contrast:
    """Letters of nearly the ground's own shade."""

    least: float = 22.0

    def __call__(self, view: View) -> Finding:
        """The score is the least range of grey levels over that of the line."""
        low, high = (float(value) for value in np.percentile(view.grey, (3, 97)))
        return Finding("contrast", self.least / max(high - low, 1.0), 1.0)


@dataclass(frozen=True)
class Glare:
    """Characters drowned in light while the rest of the line is not."""

    share: float = 0.6

    def __call__(self, view: View) -> Finding:
        """The score is the share of white in the worst character."""
        white = np.array([(cell > 244).mean() for cell in view.cells()])
        if np.median(white) > 0.25:
            return Finding("glare", 0.0, self.share)
        return Finding("glare", float(white.max()), self.share, _indices(white > self.share / 2))


@dataclass(frozen=True)
class Sharpness:
    """Edges softer than the photo's resolution allows; along one direction only when something moved."""

    least: float = 2.2

    def __call__(self, view: View) -> Finding:
        """The score is how much softer the edges are than they should be."""
        values = cv2.GaussianBlur(
            view.grey.astype(np.float32), (0, 0), max(0.6, 0.35 * WIDTH / 18 / max(view.pitch, 1))
        )
        spread = float(np.percentile(values, 97) - np.percentile(values, 3))
        if spread < 10:
            return Finding("defocus", 0.0, 1.0)
        along, across = (
            float(np.percentile(np.abs(cv2.Sobel(values, cv2.CV_32F, *order)), 97)) / 8 / spread * WIDTH / 18
            for order in ((1, 0), (0, 1))
        )
        lopsided = max(along, across) / max(min(along, across), 1e-6)
        return Finding("motion" if lopsided > 2.2 else "defocus", self.least / max(along, 1e-6), 1.0)


@dataclass(frozen=True)
class Doubt:
    """Some characters cannot be read while the others can: something is on them."""

    unsure: float = 0.5

    def __call__(self, view: View) -> Finding:
        """The score is the share of unsure characters, halved where all are."""
        doubtful = _indices(np.array([slot.confidence < self.unsure for slot in view.slots]))
        some = 0 < len(doubtful) <= 9
        return Finding("dirt", 0.6 if some else 0.0, 1.0, doubtful)


GEOMETRY: tuple[Measure, ...] = (Pitch(), Ends())
"""What the line's size and place tell; always heard."""
HANDMADE: tuple[Measure, ...] = (
    *GEOMETRY,
    Steep(), Light("dark", 26.0), Light("bright", 16.0, 12), Contrast(), Glare(), Sharpness(), Doubt(),
)  # fmt: skip
"""All of them."""


def findings(view: View, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """What each measure says."""
    for measure in measures:
        yield measure(view)


def _taper(view: View) -> float:
    """Pitch at the wider end over that at the other, by a parabola through the characters' centres."""
    if len(view.strip.parts) != 1:
        return 1.0
    centres = view.places.mean(axis=1)
    slope = np.polyder(np.polyfit(np.arange(len(centres)), centres, 2))
    ends = np.abs(np.polyval(slope, [0, len(centres) - 1]))
    return float(min(ends.max() / max(ends.min(), 1e-3), 5.0))


def _indices(mask: np.ndarray) -> tuple[int, ...]:
    return tuple(int(index) for index in np.flatnonzero(mask))


def _some(slots: tuple[int, ...]) -> tuple[int, ...]:
    """None where nearly all are hurt."""
    return () if len(slots) >= 15 else slots

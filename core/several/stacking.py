"""Lines of several photos laid on top of each other: what noise and blur hide in each, their mean may show.

Lines that were straightened differ by little: a search for the best correlation (Evangelidis and
Psarakis, 2008) moves each onto the surest one. Strokes are compared and not the light on them, which
other rows share; a line whose strokes are others is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Quad
from core.recognize.strips import places, to_grey
from core.records import Candidate, Line, Photo
from core.rectify import EmptyQuad, rectify
from core.several.records import CarReading

WIDTH, HEIGHT = 960, 72
"""Pixels of the stacked strip, margins included."""
ROOM = 0.25
"""Of the margins, heights of the line."""
LIKE = 0.6
"""Correlation of two lines from which on they are taken for the same."""
SHARPER = 2.0
"""How much of its finest detail is added: a mean of lines that do not match to the pixel is soft."""
LIGHT = 12.0
"""Standard deviation of the blur that is taken for the light, pixels of the strip."""
MOST = 6
"""Photos that are looked at again at most, the surest."""
UNANIMOUS = 3
"""So many photos that all read the VIN are not overruled by a closer look at them: on drawn plates that
mended nothing and spoilt two of 19."""
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-5)


@dataclass(frozen=True, eq=False)
class Stack:
    """Several lines as one picture.

    Attributes:
        photo: a strip of 960 x 72 pixels, none of the photos.
        line: where the characters are on it.
        used: numbers of the lines that are in it, in the order given.
    """

    photo: Photo
    line: Line
    used: tuple[int, ...]


def doubtful(car: CarReading) -> tuple[int, ...]:
    """Photos that deserve a closer look, surest first; none where there is no doubt."""
    if car.status != "review" or car.others:
        return ()
    mine = [k for k, photo in enumerate(car.photos) if photo.part in ("agrees", "outvoted") and photo.vin]
    if len(mine) < 2 or (car.bar_codes and all(car.photos[k].part == "agrees" for k in mine)):
        return ()  # one photo is told as it was read; what all read a bar code may have thrown into doubt
    if len(mine) >= UNANIMOUS and all(car.photos[k].vin == car.vin for k in mine):
        return ()
    return tuple(sorted(mine, key=lambda k: -car.photos[k].confidence)[:MOST])


def torn(car: CarReading) -> bool:
    """Whether the photos that deserve a closer look say different things: else their mean says the same."""
    return any(car.photos[k].part == "outvoted" for k in doubtful(car))


def stack(lines: Iterable[tuple[int, Photo, Candidate]]) -> Stack | None:
    """Lay lines of one VIN on top of each other.

    Args:
        lines: number, photo and what was read on its line, the surest first: the first one of a single part
            says where the others belong. Photos are looked at one after the other and not held.

    Returns:
        None where nothing can be laid on that line.
    """
    base: _Shown | None = None
    layers: list[np.ndarray] = []
    used: list[int] = []
    for number, photo, candidate in lines:
        shown = _shown(photo, candidate)
        if shown is None:
            continue
        if base is None:
            base, layer = shown, shown.picture.astype(np.float32)
        else:
            laid = _laid(base, shown)
            if laid is None:
                continue
            # In the same light: the brightest shall not count most.
            picture = base.picture
            layer = (laid - laid.mean()) * picture.std() / (laid.std() + 1e-3) + picture.mean()
        layers.append(layer)
        used.append(number)
    if base is None or len(used) == 1:
        return None
    mean = np.mean(layers, axis=0)
    sharp = mean + SHARPER * (mean - cv2.GaussianBlur(mean, (0, 0), 3.0))
    pixels = np.clip(np.round(sharp), 0, 255).astype(np.uint8)
    return Stack(Photo(pixels), Line((_frame(base.quad),), 1.0), tuple(used))


@dataclass(frozen=True, eq=False)
class _Shown:
    """A straightened line: picture, uint8 RGB, quad, and where its characters are along it, pixels."""

    picture: np.ndarray
    quad: Quad
    centres: np.ndarray


def _shown(photo: Photo, candidate: Candidate) -> _Shown | None:
    if len(candidate.line.parts) != 1:
        return None
    try:
        strip = rectify(photo, candidate.line)
    except EmptyQuad:
        return None
    centres = WIDTH * places(strip, candidate.slots).mean(axis=1)
    return _Shown(strip.render(WIDTH, HEIGHT, ROOM), candidate.line.parts[0], centres)


def _laid(base: _Shown, other: _Shown) -> np.ndarray | None:
    """Another line moved onto the base, float32; None where they are not alike."""
    ground, top = _strokes(base.picture), _strokes(other.picture)
    best, found = LIKE, None
    for start in (_by_characters(base.centres, other.centres), np.eye(2, 3, dtype=np.float32)):
        try:
            like, matrix = cv2.findTransformECC(ground, top, start, cv2.MOTION_AFFINE, _STOP, None, 5)
        except cv2.error:  # it does not converge
            continue
        if like > best:
            best, found = like, matrix
    if found is None:
        return None
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = other.picture.astype(np.float32)
    return cv2.warpAffine(moved, found, (WIDTH, HEIGHT), flags=how, borderMode=cv2.BORDER_REPLICATE)


def _by_characters(centres: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    if len(centres) != len(theirs) or len(centres) < 2 or np.ptp(centres) < 1:
        return np.eye(2, 3, dtype=np.float32)
    scale, shift = np.polyfit(centres, theirs, 1)
    return np.array([[scale, 0, shift], [0, 1, 0]], np.float32)


def _strokes(picture: np.ndarray) -> np.ndarray:
    grey = cv2.GaussianBlur(to_grey(picture).astype(np.float32), (0, 0), 1.5)
    return grey - cv2.GaussianBlur(grey, (0, 0), LIGHT)


def _frame(quad: Quad) -> Quad:
    """The line itself within the strip that shows it with its margins."""
    beside = WIDTH * ROOM * quad.height / (quad.length + 2 * ROOM * quad.height)
    above = HEIGHT * ROOM / (1 + 2 * ROOM)
    return Quad.from_box((beside, above, WIDTH - 2 * beside, HEIGHT - 2 * above))

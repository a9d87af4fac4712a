"""Lines of several photos laid on top of each other: what noise and blur hide in each, their mean may show.

Lines that were straightened differ by little: a search for the best correlation (Evangelidis and Psarakis,
2008) moves each onto the surest one. What cannot be laid on it is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Quad
from core.quality.view import places
from core.recognize.strips import to_grey
from core.records import Candidate, Line, Photo, Reading
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
MOST = 6
"""Photos that are laid on top of each other at most, the surest."""
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-5)


@dataclass(frozen=True, eq=False)
class Stack:
    """Several lines as one picture.

    Attributes:
        photo: a strip of 960 x 72 pixels, neither of the photos.
        line: where the characters are on it.
        used: which of the lines are in it, in the order given.
    """

    photo: Photo
    line: Line
    used: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Stacked:
    """What was read on photos laid on top of each other.

    Attributes:
        reading: of the stacked line.
        photos: which photos it is made of.
    """

    reading: Reading
    photos: tuple[int, ...]


def doubtful(car: CarReading) -> tuple[int, ...]:
    """Photos that it may help to lay on top of each other, surest first; none where there is no doubt."""
    if car.status != "review" or car.others:
        return ()
    mine = [k for k, photo in enumerate(car.photos) if photo.part in ("agrees", "outvoted", "unclear")]
    surest = sorted((k for k in mine if car.photos[k].vin), key=lambda k: -car.photos[k].confidence)
    return tuple(surest[:MOST]) if len(surest) > 1 else ()


def stack(lines: Sequence[tuple[Photo, Candidate]]) -> Stack | None:
    """Lay lines of one VIN on top of each other.

    Args:
        lines: photo and what was read on its line, the surest first: it says where the others belong.

    Returns:
        None where nothing can be laid on the first line.
    """
    if not lines or len(lines[0][1].line.parts) != 1:
        return None
    shown = [_shown(photo, candidate) for photo, candidate in lines]
    if shown[0] is None:
        return None
    base, centres = shown[0]
    layers, used = [base.astype(np.float32)], [0]
    level, spread = float(base.mean()), float(base.std())
    for number, other in enumerate(shown[1:], 1):
        moved = None if other is None else _laid(base, centres, *other)
        if moved is not None:
            # In the same light: the brightest shall not count most.
            layers.append((moved - moved.mean()) * spread / (moved.std() + 1e-3) + level)
            used.append(number)
    if len(used) == 1:
        return None
    mean = np.mean(layers, axis=0)
    sharp = mean + SHARPER * (mean - cv2.GaussianBlur(mean, (0, 0), 3.0))
    pixels = np.clip(np.round(sharp), 0, 255).astype(np.uint8)
    return Stack(Photo(pixels), Line((_frame(lines[0][1].line.parts[0]),), 1.0), tuple(used))


def _shown(photo: Photo, candidate: Candidate) -> tuple[np.ndarray, np.ndarray] | None:
    """The line's picture, and where its 17 characters are along it, pixels."""
    try:
        strip = rectify(photo, candidate.line)
    except EmptyQuad:
        return None
    centres = WIDTH * places(strip, candidate.slots).mean(axis=1)
    return strip.render(WIDTH, HEIGHT, ROOM), centres


def _laid(base: np.ndarray, centres: np.ndarray, other: np.ndarray, theirs: np.ndarray) -> np.ndarray | None:
    """Another line moved onto the base, float32; None where they are not alike."""
    ground, top = _soft(base), _soft(other)
    best, found = LIKE, None
    for start in (_by_characters(centres, theirs), np.eye(2, 3, dtype=np.float32)):
        try:
            like, matrix = cv2.findTransformECC(ground, top, start, cv2.MOTION_AFFINE, _STOP, None, 5)
        except cv2.error:  # it does not converge
            continue
        if like > best:
            best, found = like, matrix
    if found is None:
        return None
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        other.astype(np.float32), found, (WIDTH, HEIGHT), flags=how, borderMode=cv2.BORDER_REPLICATE
    )


def _by_characters(centres: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    if len(centres) != len(theirs) or len(centres) < 2 or np.ptp(centres) < 1:
        return np.eye(2, 3, dtype=np.float32)
    scale, shift = np.polyfit(centres, theirs, 1)
    return np.array([[scale, 0, shift], [0, 1, 0]], np.float32)


def _soft(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(to_grey(picture), (0, 0), 1.5)


def _frame(quad: Quad) -> Quad:
    """The line itself within the strip that shows it with its margins."""
    beside = WIDTH * ROOM * quad.height / (quad.length + 2 * ROOM * quad.height)
    above = HEIGHT * ROOM / (1 + 2 * ROOM)
    return Quad.from_box((beside, above, WIDTH - 2 * beside, HEIGHT - 2 * above))

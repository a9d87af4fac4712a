"""Lines whose characters are compared: drawn strips, and photos as the champions found their characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Quad
from core.images import decode
from core.learn.crops import LabelledPhoto, read_pixels
from core.panel import Panel
from core.recognize.glyphs import STRIP, cells
from core.recognize.strips import MARGIN, places, to_grey
from core.records import Line, Photo
from core.rectify import EmptyQuad, rectify
from core.synth.strips import StripConfig, jittered, synthetic_strip
from core.synth.views import drawn_plate, line_of, photographed
from core.vin import ALPHABET, LENGTH

DRAWN = StripConfig(*STRIP, smallest=6.0, jitter=0.6, confusable=0.9)
"""Of lines whose characters are 5 pixels wide nobody can compare shapes."""
ASIDE = 0.07
"""Standard deviation of how far readers miss a character's middle, widths of a character."""
REAL = 0.3
"""Share of real lines, where there are any."""
SPOILT, SEVERITY = 0.5, (0.0, 0.35)
"""Share of lines that something spoils, as photos that leave a VIN in doubt are spoilt; and how much."""
VIEWS = 3
"""Photos of one drawn plate."""


Drawn = tuple[np.ndarray, np.ndarray, str]
"""A strip, uint8 ``(48, 320)``, the characters' centres along it, pixels ``(17,)``, and the VIN."""


@dataclass(frozen=True, eq=False)
class RealLine:
    """A line of a training photo.

    Attributes:
        grey: its strip, uint8 ``(48, 320)``.
        centres: of the characters along it, pixels ``(17,)``.
        text: the VIN.
    """

    grey: np.ndarray
    centres: np.ndarray
    text: str


def real_line(panel: Panel, photo: LabelledPhoto, quad: Quad) -> RealLine | None:
    """A photo's line with its characters; None where the readers, which find them, do not read it right."""
    line = Line((quad,), 1.0)
    pixels = Photo(read_pixels(photo.path))
    try:
        read, strip = panel.read_exactly(pixels, line), rectify(pixels, line)
    except EmptyQuad:
        return None
    if read.text != photo.vin:
        return None
    grey = to_grey(strip.render(*STRIP, MARGIN))
    return RealLine(grey, STRIP[0] * places(strip, read.slots).mean(axis=1), read.text)


def drawn_lines(
    rng: np.random.Generator, count: int, real: Sequence[RealLine] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Lines to compare characters of.

    Args:
        rng: draws all of it.
        count: of lines.
        real: lines of photos, :data:`REAL` of the draws.

    Returns:
        Cells uint8 ``(count, 17, 32, 24)`` and characters as places in the alphabet, uint8 ``(count, 17)``.
    """
    shown, meant = [], []
    spoilt: list[Drawn] = []
    for _ in range(count):
        if rng.random() < SPOILT:
            spoilt = spoilt or _spoilt_lines(rng)
            grey, centres, text = spoilt.pop()
        elif real and rng.random() < REAL / (1 - SPOILT):
            line = real[int(rng.integers(len(real)))]
            grey, centres, text = *_photographed_again(line, rng), line.text
        else:
            strip = synthetic_strip(rng, DRAWN)
            grey, centres, text = strip.pixels, STRIP[0] * strip.extents.mean(axis=1), strip.text
        pitch = (centres[-1] - centres[0]) / (LENGTH - 1)
        shown.append(cells(grey, centres + rng.normal(0, ASIDE, LENGTH) * pitch))
        meant.append([ALPHABET.index(character) for character in text])
    return np.stack(shown), np.array(meant, np.uint8)


def _spoilt_lines(rng: np.random.Generator) -> list[Drawn]:
    """Photos of one plate, a trouble each: strips, centres along them, and the VIN."""
    text, pixels, corners = drawn_plate(rng)
    made = []
    for _ in range(VIEWS):
        data, places = photographed(pixels, corners, rng, SEVERITY)
        quad = jittered(line_of(places), rng, DRAWN.jitter)
        strip = rectify(decode(data), Line((quad,), 1.0))
        around = quad.widened(MARGIN * quad.height / quad.length, MARGIN)
        centres = STRIP[0] * around.to_frame(places.mean(axis=1))[:, 0]
        made.append((to_grey(strip.render(*STRIP, MARGIN)), centres, text))
    return made


def _photographed_again(line: RealLine, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A line in another light, a little out of focus, and not quite where it was: strip and centres."""
    width, height = STRIP
    grow, shear = rng.normal(1.0, 0.04, 2), rng.normal(0, 0.06)
    move = rng.normal(0, [0.01 * width, 0.05 * height])
    middle = np.array([width, height]) / 2
    linear = np.array([[grow[0], shear], [0.0, grow[1]]])
    matrix = np.column_stack([linear, middle - linear @ middle + move])
    grey = cv2.warpAffine(line.grey, matrix, STRIP, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.4:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 1.4))
    light = rng.uniform(0.6, 1.3) * (grey.astype(np.float32) - 127) + 127 + rng.normal(0, 20)
    grain = light + rng.normal(0, rng.uniform(0, 8), grey.shape)
    if rng.random() < 0.3:
        grain = 255 - grain
    return np.clip(grain, 0, 255).astype(np.uint8), grow[0] * (line.centres - middle[0]) + middle[0] + move[0]

"""Synthetic strips: a VIN's line as straightening leaves it, with the extent of every character.

A plate is written large, put in perspective at a few pixels per character, photographed, and cut out
again with the errors that a detector makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.geometry import Quad, at_centres, project, resample
from core.synth.capture import CaptureConfig, bent, expose, shoot
from core.synth.glyphs import cap_height
from core.synth.marks import beside
from core.synth.plates import (
    Canvas,
    Row,
    bar_code,
    dots,
    filler,
    relief,
    text_width,
    thicken,
    vin_style,
    write,
)
from core.synth.vins import HARD, random_vin
from core.vin import ALPHABET

MARGIN = 0.25
"""Share of the quad's height that readers see around it on every side."""
_SIZE = 36


@dataclass(frozen=True)
class StripConfig:
    """How strips are made.

    Attributes:
        width: pixels.
        height: pixels.
        smallest: lower bound of a character's pitch in the small photo, pixels.
        largest: its upper bound.
        jitter: scale of the detector's errors; 1 is usual, 0 cuts exactly.
        bent: share of lines that are not quite straight.
        marked: share of lines with something beside the VIN (:mod:`core.synth.marks`).
        confusable: share of often confused characters in the noise half of the VINs.
        hard: these characters, see :func:`core.synth.vins.random_vin`.
        capture: what the phone does.
    """

    width: int = 320
    height: int = 48
    smallest: float = 4.8
    largest: float = 24.0
    jitter: float = 1.0
    confusable: float = 0.3
    bent: float = 0.3
    marked: float = 0.45
    hard: str = HARD
    capture: CaptureConfig = field(default_factory=CaptureConfig)

    def __post_init__(self) -> None:
        if self.width < 17 or self.height < 8:
            raise ValueError(f"a strip of {self.width} x {self.height} pixels has no room for 17 characters")
        if not 1 <= self.smallest <= self.largest:
            raise ValueError(
                f"characters of {self.smallest} to {self.largest} pixels: give 1 <= smallest <= largest"
            )
        if not 0 <= self.jitter <= 10:
            raise ValueError(f"jitter is {self.jitter}; 0 cuts exactly, 1 is usual, 10 is the most")
        if not self.hard or not set(self.hard) <= set(ALPHABET):
            raise ValueError(f"{self.hard[:40]!r} holds no characters of a VIN, or others")
        for name in ("bent", "marked", "confusable"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a share lies between 0 and 1")


@dataclass(frozen=True, eq=False)
class SyntheticStrip:
    """One strip to learn from.

    Attributes:
        pixels: uint8 grey ``(height, width)``.
        text: the VIN.
        extents: float32 ``(17, 2)``, start and end of each character's ink, 0..1 along the strip.
    """

    pixels: np.ndarray
    text: str
    extents: np.ndarray


def strips(rng: np.random.Generator, config: StripConfig) -> Iterator[SyntheticStrip]:
    """An endless stream; the same generator state gives the same bytes."""
    while True:
        yield synthetic_strip(rng, config)


def synthetic_strip(rng: np.random.Generator, config: StripConfig) -> SyntheticStrip:
    """One strip with a random VIN, plate, perspective and capture."""
    canvas, row, ends = _plate(rng, random_vin(rng, config.confusable, config.hard), config.marked)
    return strip_of(canvas, row, ends, rng, config)


def strip_of(
    canvas: Canvas, row: Row, reach: tuple[float, float], rng: np.random.Generator, config: StripConfig
) -> SyntheticStrip:
    """A written row painted, photographed and cut out.

    Args:
        canvas: the row and what is around it.
        row: which of its rows the strip shall show.
        reach: where the line starts and ends with what stands beside the row, canvas pixels.
        rng: draws paint, pose, capture and the detector's errors.
        config: how.
    """
    picture = _paint(canvas.ink, rng)
    whole = _marked(row, reach)
    photo, matrix = _photograph(picture, row, whole, rng, config)
    quad = (whole if config.jitter and rng.random() < 0.5 else row).quad(matrix)
    seen = jittered(_loose(quad, rng) if config.jitter else quad, rng, config.jitter)
    around = seen.widened(MARGIN * seen.height / seen.length, MARGIN)
    pixels = resample(photo, around, config.width, config.height)
    middle = (row.boxes[:, 1] + row.boxes[:, 3]) / 2
    ends = [project(matrix, np.stack([row.boxes[:, side], middle], axis=1)) for side in (0, 2)]
    extents = np.stack([around.to_frame(points)[:, 0] for points in ends], axis=1)
    if rng.random() < config.bent:
        pixels, extents = bent(pixels, extents, rng)
    return SyntheticStrip(pixels, row.text, extents.astype(np.float32))


def _loose(quad: Quad, rng: np.random.Generator) -> Quad:
    """The quad with some room around the text, as detectors and people leave it."""
    return quad.widened(rng.uniform(-0.01, 0.05), rng.uniform(-0.08, 0.25))


def jittered(quad: Quad, rng: np.random.Generator, scale: float) -> Quad:
    """The quad as a detector might have found it: shifted, tilted, sheared, too long or too short."""
    height = quad.height
    across, along = (quad.to_photo(np.array([[0, 1.0], [1.0, 0]])) - quad.to_photo(np.zeros((1, 2)))) / [
        [height],
        [quad.length],
    ]
    starts = rng.normal(0, 0.22, 2) * height * scale
    shift = rng.normal(0, 0.09) * height * scale
    tilt = rng.normal(0, 0.08) * height * scale
    grow = rng.normal(0.04, 0.10) * height * scale
    shear = rng.normal(0, 0.06) * height * scale
    moves = np.array(
        [
            along * (starts[0] + shear) + across * (shift - tilt - grow),
            along * (starts[1] + shear) + across * (shift + tilt - grow),
            along * (starts[1] - shear) + across * (shift + tilt + grow),
            along * (starts[0] - shear) + across * (shift - tilt + grow),
        ]
    )
    return Quad(quad.corners + moves)


def _plate(rng: np.random.Generator, vin: str, marked: float) -> tuple[Canvas, Row, tuple[float, float]]:
    """Ink, the VIN's row in it, and where the line starts and ends with what stands beside the VIN."""
    face, tracking, pitch = vin_style(rng, _SIZE)
    cap = cap_height(face, _SIZE)
    width = text_width(vin, face, _SIZE, tracking, pitch)
    side = 6 * cap
    canvas = Canvas(np.zeros((6 * cap, int(width) + 2 * side), np.uint8))
    baseline = int(3.5 * cap)
    _neighbours(canvas, rng, cap, baseline, side, width)
    ends = (float(side), side + width)
    if rng.random() < marked:
        ends = beside(canvas, rng, face, _SIZE, ends, baseline)
    write(canvas, vin, face, _SIZE, side, baseline, tracking, pitch, vin=True)
    thicken(canvas, rng.normal(0.2, 0.7))
    if rng.random() < 0.08:
        dots(canvas, int(rng.integers(3, 5)), rng)
    return canvas, next(row for row in canvas.rows if row.vin), ends


def _marked(row: Row, ends: tuple[float, float]) -> Row:
    """The row with the stars, the emblem or the word that a detector may well take for a part of it."""
    left, top, right, bottom = row.bounds
    left, right = min(ends[0], left), max(ends[1], right)
    # No detector takes more than a few characters along.
    most = 0.25 * (row.bounds[2] - row.bounds[0])
    left, right = max(left, row.bounds[0] - most), min(right, row.bounds[2] + most)
    return Row(row.text, np.array([[left, top, right, bottom]], np.float32))


def _neighbours(
    canvas: Canvas, rng: np.random.Generator, cap: int, baseline: int, side: int, width: float
) -> None:
    for direction in (-1, 1):
        draw = rng.random()
        spacing = cap * rng.uniform(1.25, 2.3)
        if draw < 0.45:
            face, tracking, _ = vin_style(rng, _SIZE, own=0.0)
            left = side + rng.uniform(-1.5, 6) * cap if rng.random() < 0.7 else side - 2 * cap
            size = int(_SIZE * rng.uniform(0.75, 1.1))
            write(canvas, filler(rng), face, size, left, baseline + direction * spacing, tracking)
        elif draw < 0.6:
            tall = cap * rng.uniform(0.5, 1.5)
            gap = cap * rng.uniform(0.05, 0.5)
            top = baseline + gap if direction > 0 else baseline - cap - gap - tall
            bar_code(canvas, side - rng.uniform(0, 1) * cap, top, width + rng.uniform(-1, 1) * cap, tall, rng)
        elif draw < 0.72:
            y = int(baseline + 0.4 * cap if direction > 0 else baseline - cap - 0.4 * cap)
            y += int(rng.uniform(0, 0.5) * cap * direction)
            cv2.line(canvas.ink, (0, y), (canvas.ink.shape[1], y), 255, int(rng.integers(1, 4)))


def _paint(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink to grey levels, float32 0..255: printed, or stamped into metal."""
    if rng.random() < 0.16:
        return rng.uniform(30, 220) + relief(ink, rng) * rng.uniform(25, 120)
    ground, letters = _greys(rng)
    cover = ink.astype(np.float32) / 255
    if rng.random() < 0.25:
        wear = cv2.resize(
            rng.random((12, 60)).astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_CUBIC
        )
        cover = cover * np.clip(0.4 + 1.4 * wear, 0, 1)
    picture = ground + cover * (letters - ground)
    if rng.random() < 0.25:
        grain = cv2.resize(rng.normal(0, 1, (40, 150)).astype(np.float32), ink.shape[::-1])
        picture = picture + grain * rng.uniform(2, 18)
    return picture


def _greys(rng: np.random.Generator) -> tuple[float, float]:
    """Ground and letters: white on black foil and black on white paper most often, anything else at times."""
    kind = rng.random()
    dark, light = rng.uniform(5, 90), rng.uniform(120, 250)
    if kind < 0.45:
        return dark, light
    if kind < 0.75:
        return light, dark
    ground, letters = rng.uniform(5, 250), rng.uniform(5, 250)
    if abs(letters - ground) < 35:
        letters = ground + rng.choice([-1, 1]) * rng.uniform(35, 120)
    return ground, letters


def _photograph(
    picture: np.ndarray, row: Row, whole: Row, rng: np.random.Generator, config: StripConfig
) -> tuple[np.ndarray, np.ndarray]:
    """The line from a phone's place; returns the small photo and the homography canvas -> photo."""
    left, top, right, bottom = row.bounds
    # Large characters are easy: one strip in five shows them.
    largest = config.largest if rng.random() < 0.2 else max(config.smallest, min(14.0, config.largest))
    pitch = np.exp(rng.uniform(np.log(config.smallest), np.log(largest)))
    along = 17 * pitch / (right - left)
    # Squeezed by 4/3 as the photos are, plus plates and fonts that are narrower or wider.
    stretch = np.clip(rng.normal(1.3, 0.28), 0.7, 2.2)
    across = along * stretch
    angle = np.deg2rad(rng.normal(0, 4) if rng.random() < 0.65 else rng.normal(0, 14))
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotate @ np.array([[along, along * rng.normal(0, 0.16)], [0, across]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[2, :2] = rng.normal(0, 0.06, 2) / [picture.shape[1], 4 * picture.shape[0]]
    # Only the neighbourhood of the row is needed, at twice the final size.
    cap = bottom - top
    left, right = whole.bounds[0], whole.bounds[2]
    window = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    window = window + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * cap * 1.3
    corners = project(matrix, window)
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = np.maximum(np.ceil(high - low).astype(int), 8)
    move = np.eye(3)
    move[:2, 2] = -low
    matrix = move @ matrix
    double = at_centres(np.diag([2.0, 2.0, 1.0]) @ matrix)
    shrink = min(2 * along, 2 * across)
    if shrink < 0.7:
        # Averaging before the warp keeps thin strokes.
        sigma = 0.35 / shrink
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    large = cv2.warpPerspective(
        picture,
        double,
        (int(2 * size[0]), int(2 * size[1])),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    large = expose(large, rng, config.capture)
    kernel = [cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC][rng.integers(4)]
    small = cv2.resize(large, (int(size[0]), int(size[1])), interpolation=kernel)
    return shoot(small, rng, config.capture, float(pitch)), matrix

"""Synthetic strips: a VIN's line as straightening leaves it, with the extent of every character.

A plate is written large, put in perspective at a few pixels per character, photographed, and cut out
again with the errors that a detector makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.geometry import Quad, project, resample
from core.synth.capture import CaptureConfig, expose, shoot
from core.synth.glyphs import cap_height
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
    hard: str = HARD
    capture: CaptureConfig = field(default_factory=CaptureConfig)


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
    canvas, row = _plate(rng, random_vin(rng, config.confusable, config.hard))
    picture = _paint(canvas.ink, rng)
    photo, matrix = _photograph(picture, row, rng, config)
    quad = row.quad(matrix)
    seen = jittered(quad, rng, config.jitter)
    around = seen.widened(MARGIN * seen.height / seen.length, MARGIN)
    pixels = resample(photo, around, config.width, config.height)
    middle = (row.boxes[:, 1] + row.boxes[:, 3]) / 2
    ends = [project(matrix, np.stack([row.boxes[:, side], middle], axis=1)) for side in (0, 2)]
    extents = np.stack([around.to_frame(points)[:, 0] for points in ends], axis=1)
    return SyntheticStrip(pixels, row.text, extents.astype(np.float32))


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


def _plate(rng: np.random.Generator, vin: str) -> tuple[Canvas, Row]:
    face, tracking, pitch = vin_style(rng, _SIZE)
    cap = cap_height(face.path, _SIZE)
    width = text_width(vin, face, _SIZE, tracking, pitch)
    side = int(2.5 * cap)
    canvas = Canvas(np.zeros((6 * cap, int(width) + 2 * side), np.uint8))
    baseline = int(3.5 * cap)
    _neighbours(canvas, rng, cap, baseline, side, width)
    if rng.random() < 0.2:
        mark = rng.choice(["*", "*", "<", "+", "-", "I"])
        gap = cap * rng.uniform(0.2, 0.9)
        star = text_width(str(mark), face, _SIZE)
        write(canvas, str(mark), face, _SIZE, side - star - gap, baseline)
        write(canvas, str(mark), face, _SIZE, side + width + gap, baseline)
    row = write(canvas, vin, face, _SIZE, side, baseline, tracking, pitch, vin=True)
    canvas.ink = thicken(canvas.ink, rng.normal(0.2, 0.7))
    if rng.random() < 0.08:
        canvas.ink = dots(canvas.ink, int(rng.integers(3, 5)), rng)
    return canvas, row


def _neighbours(
    canvas: Canvas, rng: np.random.Generator, cap: int, baseline: int, side: int, width: float
) -> None:
    for direction in (-1, 1):
        draw = rng.random()
        spacing = cap * rng.uniform(1.25, 2.3)
        if draw < 0.45:
            face, tracking, _ = vin_style(rng, _SIZE)
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
    ground = rng.uniform(5, 250)
    if rng.random() < 0.12:
        return ground + relief(ink, rng) * rng.uniform(30, 120)
    letters = rng.uniform(5, 250)
    if abs(letters - ground) < 35:
        letters = ground + rng.choice([-1, 1]) * rng.uniform(35, 120)
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


def _photograph(
    picture: np.ndarray, row: Row, rng: np.random.Generator, config: StripConfig
) -> tuple[np.ndarray, np.ndarray]:
    """The plate from a phone's place; returns the small photo and the homography canvas -> photo."""
    left, top, right, bottom = row.bounds
    pitch = np.exp(
        rng.uniform(np.log(config.smallest), np.log(config.largest) if rng.random() < 0.2 else np.log(14))
    )
    along = 17 * pitch / (right - left)
    # Squeezed by 4/3 as the photos are, plus plates and fonts that are narrower or wider.
    stretch = np.clip(rng.normal(1.3, 0.28), 0.7, 2.2)
    across = along * stretch
    angle = np.deg2rad(rng.normal(0, 4) if rng.random() < 0.65 else rng.normal(0, 14))
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotate @ np.array([[along, along * rng.normal(0, 0.07)], [0, across]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[2, :2] = rng.normal(0, 0.06, 2) / [picture.shape[1], 4 * picture.shape[0]]
    # Only the neighbourhood of the row is needed, at twice the final size.
    cap = bottom - top
    window = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    window = window + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * cap * 1.3
    corners = project(matrix, window)
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = np.maximum(np.ceil(high - low).astype(int), 8)
    move = np.eye(3)
    move[:2, 2] = -low
    matrix = move @ matrix
    double = np.diag([2.0, 2.0, 1.0]) @ matrix
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

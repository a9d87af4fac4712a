"""Synthetic scenes: a whole photo with one plate on it, its rows known, and which of them is the VIN."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from core.geometry import Quad, at_centres, project
from core.synth.capture import CaptureConfig, expose, shoot
from core.synth.certification import certification_label
from core.synth.glyphs import cap_height
from core.synth.marks import beside
from core.synth.plates import Canvas, Row, bar_code, filler, relief, text_width, thicken, vin_style, write
from core.synth.vins import random_vin

_SIZE = 30


@dataclass(frozen=True)
class SceneConfig:
    """How scenes are made.

    Attributes:
        side: pixels of the square picture.
        empty: share of scenes without a VIN.
        turned: share of scenes in which the text may read in any direction (:func:`drawn_angle`).
        certification: share of North American certification labels.
        marked: share of the other plates with something beside the VIN (:mod:`core.synth.marks`).
        capture: what the phone does.
    """

    side: int = 384
    empty: float = 0.1
    turned: float = 0.15
    certification: float = 0.4
    marked: float = 0.0
    capture: CaptureConfig = field(default_factory=CaptureConfig)

    def __post_init__(self) -> None:
        if not 64 <= self.side <= 4096:
            raise ValueError(f"a scene of {self.side} pixels: give 64 to 4096")
        for name in ("empty", "turned", "certification", "marked"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a share lies between 0 and 1")


@dataclass(frozen=True, eq=False)
class SyntheticScene:
    """One photo to learn from.

    Attributes:
        pixels: uint8 RGB ``(side, side, 3)``.
        quads: one per row of text, photo pixels.
        characters: per row float32 ``(n, 4, 2)``, corners of each character.
        vin: index of the VIN's row, None where there is none.
        text: the VIN, empty where there is none.
    """

    pixels: np.ndarray
    quads: tuple[Quad, ...]
    characters: tuple[np.ndarray, ...]
    vin: int | None
    text: str


def synthetic_scene(rng: np.random.Generator, config: SceneConfig) -> SyntheticScene:
    """One scene: background, a plate in perspective, a phone's capture."""
    with_vin = rng.random() >= config.empty
    american = rng.random() < config.certification
    canvas = (
        certification_label(rng, random_vin(rng), with_vin, _SIZE)
        if american
        else _label(rng, with_vin, config.marked)
    )
    matrix = _pose(canvas, rng, config, american)
    background = _background(rng, config.side)
    ground, letters = _print_colours(rng) if american and rng.random() < 0.75 else _colours(rng)
    cover = canvas.ink.astype(np.float32)[..., None] / 255
    if rng.random() < 0.12:
        plate = ground + relief(canvas.ink, rng)[..., None] * rng.uniform(30, 100)
    else:
        plate = ground + cover * (letters - ground)
    size = (config.side, config.side)
    shrink = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    if shrink < 0.7:
        plate = cv2.GaussianBlur(plate.astype(np.float32), (0, 0), 0.35 / shrink)
    warp = at_centres(matrix)
    plate = cv2.warpPerspective(plate.astype(np.float32), warp, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones_like(canvas.ink, np.float32), warp, size, flags=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        # Etched or printed straight onto whatever is there: only the ink is seen.
        ink = cv2.warpPerspective(canvas.ink.astype(np.float32) / 255, warp, size, flags=cv2.INTER_LINEAR)
        picture = background + ink[..., None] * (letters - ground) * rng.choice([-1, 1])
    else:
        picture = background * (1 - mask[..., None]) + plate * mask[..., None]
    picture = expose(picture.astype(np.float32), rng, config.capture)
    rows = canvas.rows
    pitch = 0.7 * shrink * _SIZE
    pixels = shoot(picture, rng, config.capture, float(pitch))
    index = next((number for number, row in enumerate(rows) if row.vin), None)
    return SyntheticScene(
        pixels,
        tuple(row.quad(matrix) for row in rows),
        tuple(_character_corners(row, matrix) for row in rows),
        index,
        rows[index].text if index is not None else "",
    )


def drawn_angle(rng: np.random.Generator, turned: float) -> float:
    """How text lies in a photo, radians: mostly level; of the ``turned`` share half on its side or head."""
    if rng.random() >= turned:
        return float(rng.normal(0, np.deg2rad(9)))
    if rng.random() < 0.5:
        return float(rng.choice([np.pi / 2, -np.pi / 2, np.pi]) + rng.normal(0, np.deg2rad(9)))
    return float(rng.uniform(-np.pi, np.pi))


def _label(rng: np.random.Generator, with_vin: bool, marked: float) -> Canvas:
    """Rows of text, one of them perhaps a VIN; a windshield plate has only that one."""
    face, tracking, pitch = vin_style(rng, _SIZE)
    cap = cap_height(face, _SIZE)
    vin = random_vin(rng)
    width = text_width(vin, face, _SIZE, tracking, pitch)
    lone = rng.random() < 0.45
    above, below = (0, 0) if lone else (int(rng.integers(0, 4)), int(rng.integers(1, 6)))
    spacing = cap * rng.uniform(1.35, 2.2)
    side = int(cap * rng.uniform(0.6, 4))
    # Nothing is drawn at 0: what was made without marks stays as it was.
    beset = with_vin and marked > 0 and rng.random() < marked
    side = max(side, 4 * cap) if beset else side
    canvas = Canvas(
        np.zeros((int(spacing * (above + below + 1) + 2.2 * cap), int(width) + 2 * side), np.uint8)
    )
    other, other_tracking, _ = vin_style(rng, _SIZE, own=0.0)
    for number in range(above + below + 1):
        baseline = 1.6 * cap + spacing * number
        if number == above:
            if with_vin:
                write(canvas, vin, face, _SIZE, side, baseline, tracking, pitch, vin=True)
            if beset:
                beside(canvas, rng, face, _SIZE, (side, side + width), baseline)
            continue
        left = side + rng.uniform(0, 0.5) * width * (rng.random() < 0.5)
        write(canvas, filler(rng), other, int(_SIZE * rng.uniform(0.7, 1.15)), left, baseline, other_tracking)
    if lone and rng.random() < 0.35:
        top = 1.6 * cap + cap * rng.uniform(0.1, 0.4)
        bar_code(canvas, side, top, width, canvas.ink.shape[0] - top, rng)
    if rng.random() < 0.4:
        cv2.rectangle(canvas.ink, (2, 2), (canvas.ink.shape[1] - 3, canvas.ink.shape[0] - 3), 255, 2)
    thicken(canvas, rng.normal(0.2, 0.6))
    return canvas


def _pose(canvas: Canvas, rng: np.random.Generator, config: SceneConfig, american: bool) -> np.ndarray:
    rows, columns = canvas.ink.shape
    share = rng.uniform(0.25, 0.95)
    stretch = rng.uniform(0.85, 1.35) if american else np.clip(rng.normal(1.3, 0.25), 0.8, 2.0)
    if american:
        # Read from near enough: on a detector's 384 pixels the VIN keeps 5 to 15 per character.
        vin = next((row for row in canvas.rows if row.vin), None)
        long = vin.bounds[2] - vin.bounds[0] if vin else columns / 1.8
        pitch = np.exp(rng.uniform(np.log(4.8), np.log(15))) * max(1.0, config.side / 384)
        share = np.clip(17 * pitch / config.side, 0, 0.95) * columns / long
    along = config.side * share / columns
    across = along * stretch
    angle = drawn_angle(rng, config.turned)
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotate @ np.array([[along, along * rng.normal(0, 0.08)], [0, across]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    reach = np.abs(linear) @ np.array([columns, rows]) / 2
    room = np.maximum(config.side - 2 * reach, 0) / 2
    centre = config.side / 2 + rng.uniform(-1, 1, 2) * room
    matrix[:2, 2] = centre - linear @ np.array([columns, rows]) / 2
    matrix[2, :2] = rng.normal(0, 0.08, 2) / [columns, columns]
    return _kept_in_view(canvas, matrix, config.side)


def _kept_in_view(canvas: Canvas, matrix: np.ndarray, side: int) -> np.ndarray:
    """Moved so that the VIN, where it fits, lies in the picture whole."""
    vin = next((row for row in canvas.rows if row.vin), None)
    if vin is None:
        return matrix
    corners = vin.quad(matrix).widened(0.02, 0.3).corners
    shift = np.maximum(-corners.min(axis=0), 0) - np.maximum(corners.max(axis=0) - side, 0)
    move = np.eye(3)
    move[:2, 2] = shift
    return move @ matrix


def _background(rng: np.random.Generator, side: int) -> np.ndarray:
    base = rng.uniform(10, 240) + rng.normal(0, 14, 3)
    coarse = rng.normal(0, 1, (4, 4, 1)) * rng.uniform(5, 50) + rng.normal(0, 6, (4, 4, 3))
    picture = base + cv2.resize(coarse.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(0, 7))):
        colour = (picture.mean() + rng.uniform(-90, 90) + rng.normal(0, 15, 3)).tolist()
        points = rng.integers(-40, side + 40, (4, 2)).astype(np.int32)
        if rng.random() < 0.5:
            cv2.fillPoly(picture, [cv2.convexHull(points)], colour, cv2.LINE_AA)
        else:
            cv2.line(
                picture, points[0].tolist(), points[1].tolist(), colour, int(rng.integers(1, 14)), cv2.LINE_AA
            )
    grain = rng.normal(0, rng.uniform(0, 12), (side // 2, side // 2, 1)).astype(np.float32)
    return picture + cv2.resize(grain, (side, side))[..., None]


def _colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    tint = rng.normal(0, 12, 3)
    ground = rng.uniform(5, 250)
    letters = rng.uniform(5, 250)
    if abs(letters - ground) < 50:
        letters = ground + (90 if ground < 128 else -90)
    return ground + tint, letters + rng.normal(0, 8, 3)


def _print_colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Black on white, sometimes the other way round."""
    light, dark = rng.uniform(170, 250) + rng.normal(0, 6, 3), rng.uniform(5, 70) + rng.normal(0, 4, 3)
    return (light, dark) if rng.random() < 0.8 else (dark, light)


def _character_corners(row: Row, matrix: np.ndarray) -> np.ndarray:
    left, top, right, bottom = row.boxes.T
    corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 2)
    return project(matrix, corners).reshape(-1, 4, 2).astype(np.float32)

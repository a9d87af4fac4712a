"""What stands beside a VIN on its own line: stars, emblems, square codes, names, short numbers, frames.

A reader has to leave all of it out. Fonts have few of these shapes, so emblems are put together here: an
outline (ring, oval, shield, diamond, wings, none) with something in it (a star, spokes, rings, chevrons, a
letter). No maker's emblem is copied; their variety is what teaches.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from core.synth.glyphs import Face, cap_height, glyph
from core.synth.plates import Canvas, stamp, text_width, vin_style, write

NAMES = (
    *("VIN", "VIN:", "VIN :", "V.I.N.", "V.I.N.:", "NO.", "No", "VIN.", "I.D. NO.", "FIN", "N/V", "ID:"),
    *("VIN N", "V.I.N.: N", "VIN No", "VIN-", "V.I.N. N", "Nr.", "FIN:", "CHASSIS", "VIN/NIV:", "No."),
)
_SIGNS = ("*", "*", "*", "+", "-", "/", "#", "%", "&", "@", "=", "<", ">")
_SHARP = 4
"""Emblems are drawn this many times larger and averaged down."""

Ends = tuple[float, float]


def beside(
    canvas: Canvas, rng: np.random.Generator, face: Face, size: int, ends: Ends, baseline: float
) -> Ends:
    """Put something at one or both ends of a line.

    Args:
        canvas: changed in place; signs, names and numbers become rows, emblems and codes only ink.
        rng: draws what, where and how large.
        face: the VIN's font.
        size: its nominal size, pixels.
        ends: where the VIN starts and ends along the canvas, pixels.
        baseline: pixels from the top.

    Returns:
        Start and end of the line with all that was put on it, pixels.
    """
    cap = cap_height(face, size)
    kind = rng.random()
    if kind < 0.35:
        return _signs(canvas, rng, face, size, ends, baseline)
    if kind < 0.6:
        return _name(canvas, rng, face, size, ends, baseline)
    if kind < 0.88:
        return _pictures(canvas, rng, cap, ends, baseline)
    if kind < 0.95:
        return _number(canvas, rng, size, ends, baseline)
    return _frame(canvas, rng, cap, ends, baseline)


def emblem(rng: np.random.Generator, height: int) -> np.ndarray:
    """A maker's badge that no maker has, uint8 coverage ``(height, W)``, 0.5 to 2.5 times as wide."""
    height = max(height, 5)
    wide = float(np.exp(rng.uniform(np.log(0.7), np.log(2.4))) if rng.random() < 0.4 else 1.0)
    rows, columns = _SHARP * height, round(_SHARP * height * wide)
    ink = np.zeros((rows, columns), np.uint8)
    weight = max(1, round(rows * rng.uniform(0.05, 0.14)))
    outline, inside = int(rng.choice(len(_OUTLINES), p=_OFTEN)), int(rng.integers(len(_INSIDES)))
    room = _OUTLINES[outline](ink, weight, rng)
    if _OUTLINES[outline] is _bare and _INSIDES[inside] is _letter:
        inside = 0  # a letter without an outline would be an eighteenth character
    _INSIDES[inside](ink, room, weight, rng)
    return cv2.resize(ink, (max(3, round(height * wide)), height), interpolation=cv2.INTER_AREA)


def square_code(rng: np.random.Generator, height: int) -> np.ndarray:
    """Random cells in the frame of a Data Matrix or of a QR code, uint8 ``(height, height)``; undecodable."""
    count = int(rng.integers(10, 27))
    cells = np.where(rng.random((count, count)) < 0.5, 255, 0).astype(np.uint8)
    if rng.random() < 0.7:
        cells[0, :], cells[:, -1] = 0, 0
        cells[0, ::2], cells[-1::-2, -1] = 255, 255
        cells[:, 0], cells[-1, :] = 255, 255
    else:
        eye = np.full((8, 8), 0, np.uint8)
        eye[:7, :7] = 255
        eye[1:6, 1:6] = 0
        eye[2:5, 2:5] = 255
        cells[:8, :8], cells[:8, -8:], cells[-8:, :8] = eye, eye[:, ::-1], eye[::-1]
    kind = cv2.INTER_NEAREST if height > count else cv2.INTER_AREA
    return cv2.resize(cells, (height, height), interpolation=kind)


def _signs(
    canvas: Canvas, rng: np.random.Generator, face: Face, size: int, ends: Ends, baseline: float
) -> Ends:
    """The same sign at both ends, as makers in China and Europe set it, or at one."""
    sign = str(rng.choice(_SIGNS))
    if not glyph(face, size, sign)[0].size:  # strokes of our own lack some
        face = vin_style(rng, size, own=0.0)[0]
    wide, gap = text_width(sign, face, size), cap_height(face, size) * rng.uniform(0.1, 0.9)
    start, end = ends
    both = rng.random()
    if both < 0.9:
        write(canvas, sign, face, size, start - wide - gap, baseline)
        start -= wide + gap
    if both > 0.1:
        write(canvas, sign, face, size, end + gap, baseline)
        end += wide + gap
    return start, end


def _name(
    canvas: Canvas, rng: np.random.Generator, face: Face, size: int, ends: Ends, baseline: float
) -> Ends:
    name = str(rng.choice(NAMES))
    whole = all(glyph(face, size, character)[0].size for character in name.replace(" ", ""))
    other = face if whole and rng.random() < 0.3 else vin_style(rng, size, own=0.0)[0]
    small = int(size * rng.uniform(0.6, 1.0))
    start = ends[0] - text_width(name, other, small) - cap_height(face, size) * rng.uniform(0.15, 0.9)
    write(canvas, name, other, small, start, baseline)
    return start, ends[1]


def _number(canvas: Canvas, rng: np.random.Generator, size: int, ends: Ends, baseline: float) -> Ends:
    """A date, a type or a weight, as far off that nobody reads it as a part of the VIN."""
    digits = "".join(str(digit) for digit in rng.integers(10, size=6))
    text = str(rng.choice([f"{digits[:2]}/{digits[2:4]}", digits[:2], f"{digits[0]}.{digits[1]}", "A", "TC"]))
    other = vin_style(rng, size, own=0.0)[0]
    gap, small = cap_height(other, size) * rng.uniform(1.3, 2.5), int(size * rng.uniform(0.6, 1.05))
    wide = text_width(text, other, small)
    if rng.random() < 0.5:
        write(canvas, text, other, small, ends[0] - gap - wide, baseline)
        return ends[0] - gap - wide, ends[1]
    write(canvas, text, other, small, ends[1] + gap, baseline)
    return ends[0], ends[1] + gap + wide


def _frame(canvas: Canvas, rng: np.random.Generator, cap: int, ends: Ends, baseline: float) -> Ends:
    """A box around the line, or the strokes that end it."""
    gap = cap * rng.uniform(0.3, 0.9)
    start, end = ends[0] - gap, ends[1] + gap
    above, below = baseline - cap - cap * rng.uniform(0.15, 0.6), baseline + cap * rng.uniform(0.15, 0.6)
    weight = max(1, round(cap * rng.uniform(0.05, 0.15)))
    if rng.random() < 0.6:
        cv2.rectangle(canvas.ink, (round(start), round(above)), (round(end), round(below)), 255, weight)
    else:
        for x in (start, end):
            cv2.line(canvas.ink, (round(x), round(above)), (round(x), round(below)), 255, weight)
    return start, end


def _pictures(canvas: Canvas, rng: np.random.Generator, cap: int, ends: Ends, baseline: float) -> Ends:
    """An emblem or a square code at one end, or one emblem at both."""
    coded = rng.random() < 0.3
    tall = cap * (np.exp(rng.uniform(np.log(0.9), np.log(2.6))) if coded else rng.uniform(0.6, 1.35))
    picture = square_code(rng, round(tall)) if coded else emblem(rng, round(tall))
    rows, columns = picture.shape
    gap = cap * rng.uniform(0.12, 1.0)
    top = round(baseline - cap / 2 - rows / 2 + cap * rng.normal(0, 0.06))
    start, end = ends
    where = rng.random()
    if where < 0.65:
        stamp(canvas.ink, picture, round(start - gap - columns), top)
        start -= gap + columns
    if where > (0.65 if coded else 0.4):
        stamp(canvas.ink, picture, round(end + gap), top)
        end += gap + columns
    return start, end


Room = tuple[float, float, float, float]
"""Centre and half axes, pixels: what an outline leaves for its inside."""


def _room(ink: np.ndarray, share: float) -> Room:
    rows, columns = ink.shape
    return columns / 2, rows / 2, columns / 2 * share, rows / 2 * share


def _points(room: Room, angles: np.ndarray, reach: np.ndarray | float = 1.0) -> np.ndarray:
    x, y, wide, high = room
    return np.stack([x + wide * reach * np.cos(angles), y + high * reach * np.sin(angles)], axis=1)


def _fill(ink: np.ndarray, points: np.ndarray, value: int = 255) -> None:
    cv2.fillPoly(ink, [np.round(points).astype(np.int32)], value)


def _ring(ink: np.ndarray, weight: int, rng: np.random.Generator) -> Room:
    circle = np.linspace(0, 2 * np.pi, 60)
    _fill(ink, _points(_room(ink, 1.0), circle))
    inner = 1 - 2 * weight / ink.shape[0]
    _fill(ink, _points(_room(ink, inner), circle), 0)
    return _room(ink, inner * rng.uniform(0.75, 1.0))


def _polygon(ink: np.ndarray, weight: int, rng: np.random.Generator) -> Room:
    """Diamonds, triangles, shields."""
    count = int(rng.integers(3, 7))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.choice([-np.pi / 2, np.pi / 2])
    inner = 1 - 2.4 * weight / ink.shape[0]
    _fill(ink, _points(_room(ink, 1.0), angles))
    if rng.random() < 0.8:
        _fill(ink, _points(_room(ink, inner), angles), 0)
    return _room(ink, inner * 0.65)


def _wings(ink: np.ndarray, weight: int, rng: np.random.Generator) -> Room:
    x, y, wide, high = _room(ink, 1.0)
    for side in (-1, 1):
        for share in np.linspace(0.3, 1.0, int(rng.integers(2, 5))):
            tip = (round(x + side * wide * share), round(y - high * share * rng.uniform(0.2, 0.8)))
            cv2.line(ink, (round(x + side * wide * 0.15), round(y)), tip, 255, weight)
    return x, y, high * 0.5, high * 0.5


def _bare(ink: np.ndarray, weight: int, rng: np.random.Generator) -> Room:
    return _room(ink, 1.0)


def _star(ink: np.ndarray, room: Room, weight: int, rng: np.random.Generator) -> None:
    count, inner = int(rng.integers(3, 9)), rng.uniform(0.25, 0.6)
    angles = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False) - np.pi / 2
    reach = np.where(np.arange(2 * count) % 2 == 0, 1.0, inner)
    _fill(ink, _points(room, angles, reach))
    if rng.random() < 0.35:
        _fill(ink, _points(room, angles, reach * 0.6), 0)


def _spokes(ink: np.ndarray, room: Room, weight: int, rng: np.random.Generator) -> None:
    count = int(rng.integers(2, 7))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.choice([-np.pi / 2, np.pi / 2, 0.0])
    for point in _points(room, angles):
        cv2.line(ink, (round(room[0]), round(room[1])), (round(point[0]), round(point[1])), 255, weight)


def _rings(ink: np.ndarray, room: Room, weight: int, rng: np.random.Generator) -> None:
    count = int(rng.integers(2, 5))
    radius = min(room[3], room[2] / (0.5 * count + 0.5)) - weight / 2
    for number in range(count):
        x = room[0] + (number - (count - 1) / 2) * 1.4 * radius
        cv2.circle(ink, (round(x), round(room[1])), max(1, round(radius)), 255, max(1, weight // 2))


def _chevrons(ink: np.ndarray, room: Room, weight: int, rng: np.random.Generator) -> None:
    x, y, wide, high = room
    way = rng.choice([-1, 1])
    for number in range(int(rng.integers(1, 4))):
        down = (number - 0.5) * high * 0.7
        line = np.array(
            [[x - wide * 0.8, y + down], [x, y + down - way * high * 0.7], [x + wide * 0.8, y + down]]
        )
        cv2.polylines(ink, [np.round(line).astype(np.int32)], False, 255, weight)


def _letter(ink: np.ndarray, room: Room, weight: int, rng: np.random.Generator) -> None:
    """A letter, as in a trade mark."""
    face = vin_style(rng, 40, own=0.0)[0]
    picture = glyph(face, 80, str(rng.choice(list("ABCDEFGHKLMNPRSTVWXYZ"))))[0]
    high, wide = max(3, round(1.5 * room[3])), max(3, round(1.2 * min(room[2], room[3])))
    small = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA)
    left, top = round(room[0] - wide / 2), round(room[1] - high / 2)
    part = ink[max(0, top) : top + high, max(0, left) : left + wide]
    np.maximum(part, small[: part.shape[0], : part.shape[1]], out=part)


def _blot(ink: np.ndarray, room: Room, weight: int, rng: np.random.Generator) -> None:
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    _fill(ink, _points(room, angles, rng.uniform(0.4, 1.0, 9)))


_OUTLINES: tuple[Callable[[np.ndarray, int, np.random.Generator], Room], ...] = (
    _ring,
    _polygon,
    _wings,
    _bare,
)
_OFTEN = (0.4, 0.2, 0.1, 0.3)
_INSIDES = (_star, _star, _spokes, _rings, _chevrons, _letter, _blot)

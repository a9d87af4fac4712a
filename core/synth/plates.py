"""One model of a plate: rows of text, bar codes and frames as ink on a canvas, every character's box known.

Strips and scenes are both made from it. A canvas holds coverage (0 nothing, 255 ink); colour, relief
and light come later, so that the same plate can be printed, etched or stamped.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from core.geometry import Quad, project
from core.synth.glyphs import Face, cap_height, draw_face, glyph

_WORDS = """
    GVW GAWR MFD TYPE MODEL COLOUR TRIM PAINT MADE IN GERMANY KOREA RUSSIA VIN CHASSIS ENGINE KG LB
    FRT REAR PSI PASSENGER CAR ООО ЗАО ОАО АВТОВАЗ АВТОТОР МОТОР РУС ГРУПП кг ТС МАССА ДВИГАТЕЛЬ ТИП
    МЕСТ WEIGHT TOTAL GMBH AG LTD CO MOTOR COMPANY NISSAN OPEL VOLKSWAGEN HYUNDAI KIA RENAULT FORD
    TOYOTA MOTORS CORPORATION
""".split()  # noqa: SIM905 (a list of this length hides its words)


@dataclass(frozen=True)
class Row:
    """One written row.

    Attributes:
        text: its characters without blanks.
        boxes: float32 ``(len(text), 4)``: left, top, right, bottom of each character's ink, canvas pixels.
        vin: whether it is the VIN (or a part of it).
    """

    text: str
    boxes: np.ndarray
    vin: bool = False

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom over all characters."""
        return (
            float(self.boxes[:, 0].min()),
            float(self.boxes[:, 1].min()),
            float(self.boxes[:, 2].max()),
            float(self.boxes[:, 3].max()),
        )

    def quad(self, matrix: np.ndarray) -> Quad:
        """The row's bounds in a picture, by the homography from the canvas to it."""
        left, top, right, bottom = self.bounds
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        return Quad(project(matrix, corners))


@dataclass
class Canvas:
    """Ink under construction.

    Attributes:
        ink: uint8 ``(H, W)`` coverage.
        rows: what was written so far.
    """

    ink: np.ndarray
    rows: list[Row] = field(default_factory=list)


def write(
    canvas: Canvas,
    text: str,
    face: Face,
    size: int,
    left: float,
    baseline: float,
    tracking: float = 0.0,
    pitch: float | None = None,
    vin: bool = False,
) -> Row:
    """Write ``text`` onto the canvas.

    Args:
        canvas: changed in place.
        text: blanks advance the pen and get no box.
        face: the font.
        size: nominal font size, pixels.
        left: pen start, pixels.
        baseline: pixels from the top.
        tracking: added to every advance, pixels.
        pitch: fixed advance (monospaced), pixels; glyphs are centred in it.
        vin: marks the row.

    Returns:
        The row, also appended to ``canvas.rows`` unless it is empty.
    """
    pen, characters, boxes = left, [], []
    for character in text:
        ink, dx, dy, advance = glyph(face, size, character)
        step = pitch if pitch is not None else advance + tracking
        if ink.size:
            shift = (pitch - ink.shape[1]) / 2 if pitch is not None else dx
            box = stamp(canvas.ink, ink, round(pen + shift), round(baseline) + dy)
            if box is not None and character != " ":
                characters.append(character)
                boxes.append(box)
        pen += step
    row = Row("".join(characters), np.array(boxes, np.float32).reshape(-1, 4), vin)
    if characters:
        canvas.rows.append(row)
    return row


def text_width(text: str, face: Face, size: int, tracking: float = 0.0, pitch: float | None = None) -> float:
    """How far :func:`write` would move the pen, pixels."""
    if pitch is not None:
        return pitch * len(text)
    return sum(glyph(face, size, character)[3] + tracking for character in text)


def filler(rng: np.random.Generator) -> str:
    """Text as it stands around a VIN: type approvals, weights, makers, Cyrillic, stray digits."""
    kind = rng.integers(5)
    digits = "".join(str(digit) for digit in rng.integers(10, size=16))
    if kind == 0:
        return f"e{digits[0]}*{digits[1:5]}/{digits[5:7]}*{digits[7:11]}*{digits[11:13]}"
    if kind == 1:
        return f"{digits[:4]} {rng.choice(['kg', 'KG', 'кг', 'Kg', 'LB'])}"
    if kind == 2:
        approval = rng.choice(["TC RU E-RU.", "E-RU.", "POCC RU.", "ТС RU Е-", "TC RU E-KZ."])
        return f"{approval}MT{digits[:2]}.{digits[2:7]}"
    if kind == 3:
        return f"{digits[0]}- {digits[1:5]} {rng.choice(['kg', 'кг', 'KG'])}"
    return " ".join(rng.choice(_WORDS) for _ in range(rng.integers(1, 4)))


def bar_code(
    canvas: Canvas, left: float, top: float, width: float, height: float, rng: np.random.Generator
) -> None:
    """Random bars in the rhythm of Code 39 (narrow and wide, about 1 : 2.5); nothing to decode."""
    narrow = max(1.0, width / rng.uniform(220, 330))
    x, dark = left, True
    rows, columns = canvas.ink.shape
    y0, y1 = int(max(0, top)), int(min(rows, top + height))
    while x < left + width and y1 > y0:
        step = narrow * (2.5 if rng.random() < 0.35 else 1.0)
        if dark:
            x0, x1 = int(max(0, round(x))), int(min(columns, round(x + step)))
            canvas.ink[y0:y1, x0:x1] = 255
        x, dark = x + step, not dark


def thicken(canvas: Canvas, amount: float) -> None:
    """Bolder (positive) or thinner (negative) strokes, in place; boxes follow.

    ``amount`` is in pixels on every side and cut to -0.8 to 2: thin strokes shall not be lost.
    """
    amount = float(np.clip(amount, -0.8, 2.0))
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    change = cv2.dilate if amount > 0 else cv2.erode
    whole, part = int(abs(amount)), abs(amount) % 1
    ink = change(canvas.ink, kernel, iterations=whole) if whole else canvas.ink
    thicker = change(ink, kernel)
    canvas.ink = cv2.addWeighted(ink, 1 - part, thicker, part, 0)
    move = np.array([-amount, -amount, amount, amount], np.float32)
    canvas.rows[:] = [replace(row, boxes=row.boxes + move) for row in canvas.rows]


def dots(canvas: Canvas, spacing: int, rng: np.random.Generator) -> None:
    """Dot-peened or needle-printed, in place: round dots on a grid; boxes shrink to what is left."""
    grid = np.zeros_like(canvas.ink)
    offset = rng.integers(spacing, size=2)
    grid[offset[0] :: spacing, offset[1] :: spacing] = 255
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(2, spacing - 1),) * 2)
    canvas.ink = cv2.dilate(cv2.bitwise_and(grid, canvas.ink), kernel)
    canvas.rows[:] = [replace(row, boxes=_fitted(row.boxes, canvas.ink)) for row in canvas.rows]


def relief(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stamped or embossed metal: light from one side; float32, about -1..1."""
    depth = cv2.GaussianBlur(ink.astype(np.float32) / 255, (0, 0), rng.uniform(0.8, 2.5))
    angle = rng.uniform(0, 2 * np.pi)
    dx, dy = cv2.Sobel(depth, cv2.CV_32F, 1, 0), cv2.Sobel(depth, cv2.CV_32F, 0, 1)
    slope = dx * np.cos(angle) + dy * np.sin(angle)
    return np.clip(slope / max(float(np.abs(slope).max()), 1e-3) + rng.uniform(-0.5, 0.5) * depth, -1, 1)


def vin_style(rng: np.random.Generator, size: int, own: float = 0.35) -> tuple[Face, float, float | None]:
    """Font, tracking and pitch for a VIN: mostly spaced or monospaced, as makers set it.

    ``own`` is the share of stroke families, which hold a VIN's characters but no small letters.
    """
    face = draw_face(rng, own)
    cap = cap_height(face, size)
    if rng.random() < 0.4:
        return face, 0.0, cap * rng.uniform(0.78, 1.25)
    return face, cap * rng.choice([0.0, 0.05, 0.1, 0.2, 0.35], p=[0.25, 0.25, 0.25, 0.15, 0.1]), None


def _fitted(boxes: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Boxes cut down to the ink in them; one that holds none stays."""
    out = boxes.copy()
    for box in out:
        left, top, right, bottom = (round(float(side)) for side in box)
        piece = ink[max(0, top) : bottom, max(0, left) : right] > 127
        rows, columns = np.nonzero(piece.any(axis=1))[0], np.nonzero(piece.any(axis=0))[0]
        if len(rows):
            box[:] = (
                max(0, left) + columns[0],
                max(0, top) + rows[0],
                max(0, left) + columns[-1] + 1,
                max(0, top) + rows[-1] + 1,
            )
    return out


def stamp(
    canvas: np.ndarray, ink: np.ndarray, left: int, top: int
) -> tuple[float, float, float, float] | None:
    """Lay coverage onto a canvas, in place; returns its whole box, None where nothing of it is inside."""
    rows, columns = canvas.shape
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(columns, left + ink.shape[1]), min(rows, top + ink.shape[0])
    if x1 <= x0 or y1 <= y0:
        return None
    target = canvas[y0:y1, x0:x1]
    np.maximum(target, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=target)
    return float(left), float(top), float(left + ink.shape[1]), float(top + ink.shape[0])

"""Text swap: a new VIN written into a real plate, where the old one was.

The old text is inpainted; what is left of it is its place, its slant, its ink with all shades that the light
left on it, and the picture's grain. New glyphs take that place: plate, metal, glass, rows around it and the
phone's capture are real, only the characters are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Quad, at_centres, project, resample
from core.synth.glyphs import cap_height
from core.synth.marks import beside
from core.synth.plates import Canvas, text_width, thicken, vin_style, write

_HIGH = 48
"""Rows of the straightened line on which the old text is looked for."""
_SIZE = 40
_SHEARS = np.linspace(-0.45, 0.45, 13)
_MARKED = 0.3
"""Share of VINs with something beside them on their line."""
_CONTRAST = 14.0
"""Grey levels between ink and ground below which no old text can be told from its ground."""
_REMAINS = 0.35
"""Share of the pattern along the line that may be left when its text is gone."""


@dataclass(frozen=True, eq=False)
class Donor:
    """A real plate without its VIN.

    Attributes:
        ground: float32 grey ``(H, W)``, the neighbourhood of the line with the text inpainted.
        ink: float32 grey ``(H, W)``, what ink would look like at each place.
        quad: the line, pixels of ``ground``.
        frame: left, top, right, bottom of the old text in the quad's frame.
        shear: shift of the text's top to the right over its height, in the straightened line.
        grain: standard deviation of the picture's noise, grey levels.
    """

    ground: np.ndarray
    ink: np.ndarray
    quad: Quad
    frame: tuple[float, float, float, float]
    shear: float
    grain: float


def donor(pixels: np.ndarray, quad: Quad) -> Donor | None:
    """Take the text out of a plate.

    Args:
        pixels: uint8 grey neighbourhood of the line.
        quad: the line in it.

    Returns:
        None where no text can be told from its ground.
    """
    around = quad.widened(0.04, 0.3)
    wide = int(np.clip(_HIGH * around.length / around.height, 120, 1400))
    strip = resample(pixels, around, wide, _HIGH).astype(np.float32)
    # Which side is the ink? The one without which the line is plain.
    tries = [_cleaned(strip, light) for light in (True, False)]
    best = min((made for made in tries if made), key=lambda made: made.remains, default=None)
    if best is None or best.remains > _REMAINS:
        return None
    mask, covered, cleaned = best.mask, best.covered, best.ground
    left, top, right, bottom = best.extent
    size = pixels.shape[1], pixels.shape[0]
    back = around.homography(wide, _HIGH)
    picture = pixels.astype(np.float32)
    share = _onto(covered.astype(np.float32), back, size)
    ground = picture * (1 - share) + _onto(cleaned.astype(np.float32), back, size) * share
    places = np.array([[left / wide, top / _HIGH], [right / wide, bottom / _HIGH]])
    first, last = quad.to_frame(around.to_photo(places))
    return Donor(
        ground=ground,
        ink=_onto(_ink_level(strip, mask), back, size),
        quad=quad,
        frame=(float(first[0]), float(first[1]), float(last[0]), float(last[1])),
        shear=_shear(mask[top:bottom, left:right]),
        grain=_grain(ground),
    )


def swapped(plate: Donor, vin: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A new VIN on the plate.

    Args:
        plate: without its VIN.
        vin: 17 characters.
        rng: draws font, stroke, sharpness and grain.

    Returns:
        uint8 grey ``(H, W)``, and float32 ``(17, 2)``: start and end of each character's ink along the quad.
    """
    canvas, place, reach = _written(plate, vin, rng)
    row = next(row for row in canvas.rows if row.vin)
    left, top, right, bottom = row.bounds
    left, right = min(left, reach[0]), max(right, reach[1])
    source = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, place.corners.astype(np.float32)).astype(np.float64)
    window, corner = _window(place, plate.ground.shape)
    moved = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]], [0, 0, 1.0]]) @ matrix
    ground, level = plate.ground[window], plate.ink[window]
    cover = _printed(canvas.ink, moved, ground.shape, (place.length / 17, place.height), rng)
    noise = rng.normal(0, plate.grain, ground.shape) * cv2.GaussianBlur(np.minimum(cover, 1), (0, 0), 1.5)
    picture = plate.ground.copy()
    picture[window] = ground + cover * (level - ground) + noise
    middle = (row.boxes[:, 1] + row.boxes[:, 3]) / 2
    ends = [project(matrix, np.stack([row.boxes[:, side], middle], axis=1)) for side in (0, 2)]
    extents = np.stack([plate.quad.to_frame(points)[:, 0] for points in ends], axis=1)
    return np.clip(picture, 0, 255).astype(np.uint8), extents.astype(np.float32)


def _window(place: Quad, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[int, int]]:
    """The part of the picture that new text touches, and its upper left corner."""
    left, top, width, height = place.bounds()
    x0, y0 = (int(np.clip(value - 6, 0, side - 2)) for value, side in ((left, shape[1]), (top, shape[0])))
    x1 = int(np.clip(left + width + 7, x0 + 2, shape[1]))
    y1 = int(np.clip(top + height + 7, y0 + 2, shape[0]))
    return (slice(y0, y1), slice(x0, x1)), (x0, y0)


def _written(plate: Donor, vin: str, rng: np.random.Generator) -> tuple[Canvas, Quad, tuple[float, float]]:
    """The new line's ink, where its bounds go in the picture, and its start and end on the canvas."""
    face, tracking, pitch = vin_style(rng, _SIZE)
    cap = cap_height(face, _SIZE)
    side = 8 * cap
    canvas = Canvas(
        np.zeros((4 * cap, int(text_width(vin, face, _SIZE, tracking, pitch)) + 2 * side), np.uint8)
    )
    start, baseline = float(side), round(2.5 * cap)
    ends = (start, start + text_width(vin, face, _SIZE, tracking, pitch))
    write(canvas, vin, face, _SIZE, start, baseline, tracking, pitch, vin=True)
    if rng.random() < _MARKED:
        ends = beside(canvas, rng, face, _SIZE, ends, baseline)
    thicken(canvas, rng.normal(0.4, 0.8))
    left, top, right, bottom = plate.frame
    wide, high = right - left, bottom - top
    left, right = left + wide * rng.normal(0, 0.012), right + wide * rng.normal(0, 0.012)
    top, bottom = top + high * rng.normal(0, 0.04), bottom + high * rng.normal(0, 0.04)
    lean = plate.shear * (bottom - top) * plate.quad.height / plate.quad.length
    corners = [[left + lean, top], [right, top], [right - lean, bottom], [left, bottom]]
    if lean < 0:
        corners = [[left, top], [right + lean, top], [right, bottom], [left - lean, bottom]]
    return canvas, Quad(plate.quad.to_photo(np.array(corners))), ends


def _printed(
    ink: np.ndarray,
    matrix: np.ndarray,
    shape: tuple[int, ...],
    character: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """Coverage in the picture, float32 about 0..1: sampled down, out of focus, sharpened by the phone."""
    pitch, high = character
    shrink = 2 * high / (0.72 * _SIZE)
    cover = ink.astype(np.float32) / 255
    if shrink < 0.7:
        cover = cv2.GaussianBlur(cover, (0, 0), 0.35 / shrink)
    rows, columns = shape[:2]
    double = at_centres(np.diag([2.0, 2.0, 1.0]) @ matrix)
    cover = cv2.warpPerspective(cover, double, (2 * columns, 2 * rows), flags=cv2.INTER_LINEAR)
    cover = cv2.resize(cover, (columns, rows), interpolation=cv2.INTER_AREA)
    cover = cv2.GaussianBlur(cover, (0, 0), max(0.3, rng.uniform(0.03, 0.11) * pitch))
    if rng.random() < 0.6:
        cover = cover + (cover - cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.8, 1.5))) * rng.uniform(
            0.2, 1.2
        )
    # The level of the old ink was measured in the middle of its strokes, as the blur left them.
    usual = float(np.percentile(cover[cover > 0.2], 85)) if (cover > 0.2).any() else 1.0
    return np.clip(cover * rng.uniform(0.9, 1.2) / usual, -0.4, 1.3)


@dataclass(frozen=True, eq=False)
class _Cleaned:
    """A straightened line without what was taken for ink; ``remains`` is how much of its pattern is left."""

    mask: np.ndarray
    covered: np.ndarray
    ground: np.ndarray
    extent: tuple[int, int, int, int]
    remains: float


def _cleaned(strip: np.ndarray, light: bool) -> _Cleaned | None:
    mask, contrast = _text_mask(strip, light)
    extent = _extent(mask)
    if contrast < _CONTRAST or extent is None:
        return None
    left, top, right, bottom = extent
    covered = _grown(mask, top, bottom)
    ground = cv2.inpaint(strip.astype(np.uint8), covered, 3, cv2.INPAINT_TELEA)
    before, after = (_pattern(part[top:bottom, left:right]) for part in (strip, ground.astype(np.float32)))
    return _Cleaned(mask, covered, ground, extent, after / max(before, 1e-3))


def _pattern(line: np.ndarray) -> float:
    """Standard deviation of what changes within a character, grey levels."""
    return float((line - cv2.GaussianBlur(line, (0, 0), 0.4 * _HIGH)).std())


def _text_mask(strip: np.ndarray, light: bool) -> tuple[np.ndarray, float]:
    """Where ink is, bool, and how far it stands out from its ground, grey levels."""
    smooth = cv2.GaussianBlur(strip, (0, 0), 0.8)
    band = slice(round(0.28 * _HIGH), round(0.72 * _HIGH))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_HIGH // 2 + 1,) * 2)
    ground = cv2.morphologyEx(smooth, cv2.MORPH_OPEN if light else cv2.MORPH_CLOSE, kernel)
    apart = np.abs(smooth - ground)
    contrast = float(np.percentile(apart[band], 92))
    return apart > 0.4 * contrast, contrast


def _extent(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the row of text through the middle; None where it is not one."""
    across = mask.mean(axis=1)
    core = across[round(0.3 * _HIGH) : round(0.7 * _HIGH)]
    least = 0.3 * float(np.median(core))
    if least <= 0.02:
        return None
    top = bottom = _HIGH // 2
    while top > 0 and across[top - 1] > least:
        top -= 1
    while bottom < _HIGH and across[bottom] > least:
        bottom += 1
    columns = np.nonzero(mask[top:bottom].sum(axis=0) > 0.12 * (bottom - top))[0]
    if not 0.3 * _HIGH <= bottom - top <= 0.9 * _HIGH or len(columns) < 0.35 * mask.shape[1]:
        return None
    if columns[-1] - columns[0] < 0.7 * mask.shape[1]:
        return None
    return int(columns[0]), top, int(columns[-1]) + 1, bottom


def _grown(mask: np.ndarray, top: int, bottom: int) -> np.ndarray:
    """Ink and its blurred rim within the row, uint8 0 or 1."""
    inside = np.zeros(mask.shape, np.uint8)
    inside[max(0, top - 1) : bottom + 1] = mask[max(0, top - 1) : bottom + 1]
    return cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 7)))


def _ink_level(strip: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Grey of the ink, carried on from where it is seen to everywhere."""
    seen = cv2.erode(mask.astype(np.uint8), np.ones((2, 2), np.uint8)).astype(np.float32)
    if seen.sum() < 20:
        seen = mask.astype(np.float32)
    near, far = (
        (cv2.GaussianBlur(strip * seen, (0, 0), sigma), cv2.GaussianBlur(seen, (0, 0), sigma))
        for sigma in (0.5 * _HIGH, 4.0 * _HIGH)
    )
    faint = 1e-3
    return (near[0] + faint * far[0]) / np.maximum(near[1] + faint * far[1], 1e-6)


def _shear(mask: np.ndarray) -> float:
    """By how much of its height the text's top leans to the right; upright strokes make steep columns."""
    rows, columns = mask.shape
    best = []
    for shear in _SHEARS:
        matrix = np.array([[1, shear, -shear * rows / 2], [0, 1, 0]], np.float64)
        upright = cv2.warpAffine(mask.astype(np.float32), matrix, (columns, rows))
        best.append(float(upright.sum(axis=0).var()))
    return float(_SHEARS[int(np.argmax(best))])


def _grain(ground: np.ndarray) -> float:
    """Noise of the picture, grey levels."""
    fine = ground - cv2.GaussianBlur(ground, (0, 0), 1.0)
    return float(1.8 * np.median(np.abs(fine)))


def _onto(strip: np.ndarray, back: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A strip laid back into the photo; ``back`` maps photo to strip on continuous coordinates."""
    matrix = at_centres(back)
    return cv2.warpPerspective(
        strip, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )

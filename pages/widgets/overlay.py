"""The photo with its lines drawn, and the detector's heat maps over it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import streamlit as st

from core.geometry import Quad
from core.records import Candidate, HeatMaps, Photo, Reading

BOX = (760, 560)
"""Largest width and height of the photo on the page, pixels."""

SHARPNESS = 1.5
"""Pixels sent per pixel of the page."""

MAPS = {"none": "None", "region": "Characters", "affinity": "Links", "vin": "VIN text"}
"""Field of ``HeatMaps`` -> its name on the page."""

TAKEN, OTHER, OUTLINE = (0, 190, 255), (235, 235, 235), (10, 20, 25)
"""RGB; the light lines on a dark outline are seen on any photo."""

GUIDE = (255, 255, 255)
DASH = 26
"""Pixels from dash to dash."""

Ground = tuple[int, int, int, int]
"""Left, top, right and bottom of what a number stands on, pixels."""


def show(photo: Photo, reading: Reading, region: Quad | None = None, taken: Candidate | None = None) -> None:
    """The photo with its lines; a choice of heat maps where the detector ran.

    Args:
        photo: the pixels.
        reading: of it.
        region: that was given, dashed.
        taken: the line that is shown as the reading, where that is not the one that was chosen.
    """
    shown = "none"
    if reading.maps is not None:
        shown = st.segmented_control(
            "Heat map",
            list(MAPS),
            format_func=MAPS.__getitem__,
            default="none",
            required=True,
            key="heat_map",
        )
    width, height = page_size(photo.size)
    picture = fit(photo, round(width * SHARPNESS), round(height * SHARPNESS))
    if reading.maps is not None and shown != "none":
        picture = blend(picture, reading.maps, str(shown), picture.shape[1] / photo.size[0])
    scale = picture.shape[1] / photo.size[0]
    if region is not None:
        picture = dash(picture, region.scaled(scale))
    st.image(
        draw(picture, reading, scale, taken),
        width=width,
        output_format="JPEG",
        alt="Photo",
    )


def page_size(size: tuple[int, int]) -> tuple[int, int]:
    """``(width, height)`` on the page of a photo of ``size``; small ones grow, at most fourfold."""
    scale = min(BOX[0] / size[0], BOX[1] / size[1], 4.0)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def fit(photo: Photo, width: int, height: int) -> np.ndarray:
    """The photo at another size, uint8 RGB."""
    shrinks = width < photo.pixels.shape[1]
    return cv2.resize(
        photo.pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )


def blend(picture: np.ndarray, maps: HeatMaps, name: str, scale: float) -> np.ndarray:
    """A heat map over a picture.

    Args:
        picture: uint8 RGB ``(H, W, 3)``.
        maps: of the same photo; may reach beyond it to the right and below.
        name: ``region``, ``affinity`` or ``vin``.
        scale: picture pixels per pixel of the upright file.
    """
    rows, columns = picture.shape[:2]
    factor = scale / maps.scale
    # Map pixel i covers [i, i + 1): its centre lies half a pixel further on, in both grids.
    matrix = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2]])
    heat = cv2.warpAffine(getattr(maps, name), matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    heat = np.clip(heat, 0.0, 1.0)
    colours = cv2.applyColorMap((255 * heat).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1]
    share = (0.25 + 0.65 * heat)[:, :, None]
    return (picture * (1 - share) + colours * share).astype(np.uint8)


def draw(picture: np.ndarray, reading: Reading, scale: float, taken: Candidate | None = None) -> np.ndarray:
    """A copy with the lines: numbered where there are several, a thick edge where the text begins.

    ``taken`` is drawn as the one that counts, by default the one that was chosen.
    """
    canvas = np.ascontiguousarray(picture).copy()
    taken = taken or reading.chosen
    lines = ranked(reading)
    for candidate in lines:
        for quad in candidate.line.parts if candidate is not taken else ():
            _outline(canvas, quad.scaled(scale), OTHER, 2)
    for quad in taken.line.parts if taken else ():
        _outline(canvas, quad.scaled(scale), TAKEN, 3)
    grounds: list[Ground] = []
    for number, candidate in enumerate(lines, start=1):
        if len(lines) > 1 or candidate is not taken:
            grounds.append(ground_of(candidate.line.parts[0].scaled(scale), number, grounds, canvas.shape[1]))
            _number(canvas, grounds[-1], number)
    return canvas


def ground_of(quad: Quad, number: int, others: Sequence[Ground], columns: int) -> Ground:
    """Where a line's number stands: above where its text begins, further right where another one stands.

    Args:
        quad: of the line, pixels of the picture.
        number: counted from 1.
        others: grounds that are taken.
        columns: width of the picture; the number stays in it, even if it covers another one then.
    """
    left, top = (float(place) for place in quad.corners[0])
    x, y = max(0, round(left) - 4), max(4, round(top) - 34)
    width, height = 18 * len(str(number)) + 8, 30
    while hit := [o for o in others if abs(o[1] - y) <= height and o[0] - width <= x <= o[2]]:
        x = max(other[2] for other in hit) + 1
    x = max(0, min(x, columns - width))
    return x, y, x + width, y + height


def ranked(reading: Reading) -> list[Candidate]:
    """All lines that could have been the VIN, as they are numbered: the chosen one first.

    A line that was looked at again and read the same is listed once, one on which nobody saw a letter never.
    """
    lines = [reading.chosen] if reading.chosen else []
    for other in reading.others:
        if any(other.readers.values()) and not any(_same(other, one) for one in lines):
            lines.append(other)
    return lines


def _same(one: Candidate, other: Candidate) -> bool:
    first, second = one.line.parts[0], other.line.parts[0]
    apart = float(np.linalg.norm(first.centre - second.centre))
    return one.text == other.text and apart < max(first.height, second.height)


def outline(picture: np.ndarray, quad: Quad) -> np.ndarray:
    """A copy with one line drawn as the one that was taken, a thick edge where the text begins."""
    canvas = np.ascontiguousarray(picture).copy()
    _outline(canvas, quad, TAKEN, 1)
    return canvas


def dash(picture: np.ndarray, region: Quad) -> np.ndarray:
    """A copy with the region dashed: the camera's guide frame, which no network has found."""
    canvas = np.ascontiguousarray(picture).copy()
    for start, end in zip(region.corners, np.roll(region.corners, -1, axis=0), strict=True):
        steps = max(1, round(float(np.linalg.norm(end - start)) / DASH)) * 2 + 1
        places = np.linspace(start, end, steps + 1)
        for one, other in zip(places[::2], places[1::2], strict=False):
            for ink, width in ((OUTLINE, 4), (GUIDE, 2)):
                _segment(canvas, one, other, ink, width)
    return canvas


def _segment(
    canvas: np.ndarray, start: np.ndarray, end: np.ndarray, ink: tuple[int, int, int], width: int
) -> None:
    points = [[round(float(place) * 8) for place in point] for point in (start, end)]
    cv2.line(canvas, points[0], points[1], ink, width, cv2.LINE_AA, shift=3)


def _outline(canvas: np.ndarray, quad: Quad, colour: tuple[int, int, int], thickness: int) -> None:
    corners = np.round(quad.corners * 8).astype(np.int32)  # eighths of a pixel: shift=3 below
    for ink, width in ((OUTLINE, thickness + 3), (colour, thickness)):
        cv2.polylines(canvas, [corners], True, ink, width, cv2.LINE_AA, shift=3)
    cv2.line(canvas, corners[0].tolist(), corners[3].tolist(), colour, thickness + 5, cv2.LINE_AA, shift=3)


def _number(canvas: np.ndarray, ground: Ground, number: int) -> None:
    # On a ground of its own: outlined letters vanish on light photos.
    left, top, right, bottom = ground
    cv2.rectangle(canvas, (left, top), (right, bottom), OUTLINE, -1, cv2.LINE_AA)
    spot = (left + 4, top + 24)
    cv2.putText(canvas, str(number), spot, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2, cv2.LINE_AA)

"""The contact sheet of a series: many pictures at a glance, with what is known of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import cv2
import numpy as np

from core.images import decode

COLUMNS, ROWS = 3, 12
WIDTH = 384
CAPTION = 22
GREEN, ORANGE, GREY, INK, PAPER = (0, 170, 80), (213, 94, 0), (150, 150, 150), (30, 30, 30), 255


SHOWN = COLUMNS * ROWS
"""Pictures on a sheet."""


def contact_sheet(shown: Sequence[tuple[bytes, dict[str, str]]]) -> np.ndarray:
    """Pictures in a grid.

    Args:
        shown: files with their rows of labels.csv, at least one; the first ``SHOWN`` are taken.

    Returns:
        uint8 RGB; VINs under their pictures, lines of text framed (the VIN's in green), characters ticked,
        those that a trouble hurts in orange.
    """
    cells = [_cell(data, row) for data, row in shown[:SHOWN]]
    blank = np.full_like(cells[0], PAPER)
    cells += [blank] * (-len(cells) % COLUMNS)
    return np.vstack([np.hstack(cells[place : place + COLUMNS]) for place in range(0, len(cells), COLUMNS)])


def _cell(data: bytes, row: dict[str, str]) -> np.ndarray:
    pixels = decode(data).pixels
    factor = (WIDTH - 8) / pixels.shape[1]
    picture = cv2.resize(pixels, (WIDTH - 8, round(pixels.shape[0] * factor)), interpolation=cv2.INTER_AREA)
    cell = np.full((picture.shape[0] + CAPTION + 8, WIDTH, 3), PAPER, np.uint8)
    cell[4 : 4 + picture.shape[0], 4 : 4 + picture.shape[1]] = picture
    below = 4 + picture.shape[0]
    hurt = json.loads(row.get("hurt") or "[]")
    for slot, (start, end) in enumerate(json.loads(row.get("extents") or "[]")):
        left, right = (round(4 + place * (WIDTH - 8)) for place in (start, end))
        cv2.line(cell, (left + 1, below + 1), (right - 1, below + 1), ORANGE if slot in hurt else GREEN, 2)
    for index, corners in enumerate(json.loads(row.get("quads") or "[]")):
        points = np.round(np.array(corners) * factor + 4).astype(np.int32)
        cv2.polylines(cell, [points], True, GREEN if str(index) == row["vin_quad"] else GREY, 1, cv2.LINE_AA)
    caption = row["vin"] or "no VIN"
    if row.get("trouble"):
        caption += f"  {row['trouble']} {row['severity']}"
    cv2.putText(cell, caption, (6, below + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return cell

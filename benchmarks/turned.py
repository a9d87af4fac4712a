"""What does turning a photo cost? `python benchmarks/turned.py LABELS.csv [--use val] [--stretch 1.333]`.

Every photo is read as it is and turned by 90, 180 and 270 degrees and by +-15 and +-30 degrees, on a
canvas that holds all of it and in its mean colour. Prints the exact match of each turn. The photos of
`train` and `dev` were squeezed to squares: `--stretch` undoes that first, as no camera squeezes along the
text of a photo on its side.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.interval import wilson
from core.learn.crops import read_labels, read_pixels
from core.reader import VinReader

TURNS = (0, 90, 180, 270, -30, -15, 15, 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--use", help="rows with this `use` only")
    parser.add_argument("--stretch", type=float, default=1.0, help="make photos wider first")
    parser.add_argument("--count", type=int, help="the first photos only")
    parser.add_argument("--models", type=Path, help="other networks than the champions")
    options = parser.parse_args()
    labels = [label for label in read_labels(options.labels) if label.read == "twice"]
    labels = [label for label in labels if options.use in (None, label.use)][: options.count]
    reader = VinReader.load(options.models)
    right = dict.fromkeys(TURNS, 0)
    wrong: dict[int, list[str]] = {turn: [] for turn in TURNS}
    for label in labels:
        pixels = stretched(read_pixels(label.path), options.stretch)
        for turn in TURNS:
            if reader.read(turned(pixels, turn)).vin == label.vin:
                right[turn] += 1
            else:
                wrong[turn].append(label.path.name)
    usual = right[0] / len(labels)
    for turn in TURNS:
        low, high = wilson(right[turn], len(labels))
        share = right[turn] / len(labels)
        lost = sorted(set(wrong[turn]) - set(wrong[0]))
        print(
            f"{turn:>4} degrees  {100 * share:5.1f} % ({100 * low:.1f}-{100 * high:.1f}), n = {len(labels)}, "
            f"{100 * (share - usual):+.1f} points" + (f"; lost {' '.join(lost[:12])}" if lost else "")
        )


def stretched(pixels: np.ndarray, factor: float) -> np.ndarray:
    """The photo made wider."""
    if factor == 1.0:
        return pixels
    return cv2.resize(pixels, None, fx=factor, fy=1.0, interpolation=cv2.INTER_CUBIC)


def turned(pixels: np.ndarray, degrees: int) -> np.ndarray:
    """The photo turned clockwise on a canvas that holds all of it."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(pixels, -degrees // 90))
    rows, columns = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), -degrees, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = round(columns * cosine + rows * sine), round(columns * sine + rows * cosine)
    matrix[:, 2] += [(wide - columns) / 2, (high - rows) / 2]
    mean = [float(value) for value in pixels.reshape(-1, 3).mean(axis=0)]
    return cv2.warpAffine(
        pixels, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=mean
    )


if __name__ == "__main__":
    main()

"""Anchor widths by k-means with 1 - IoU as distance (YOLOv2, CVPR 2017).

    python -m core.learn.yolo.anchors --strips 2000 --photos ../shared/photos --quads runs/quads.json

prints the widths that ``core/recognize/yolo.py`` holds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from core.learn.crops import load_quads, read_labels
from core.learn.yolo.targets import SMALLEST, width_iou
from core.recognize.strips import MARGIN
from core.synth.strips import StripConfig, synthetic_strip
from core.vin import LENGTH


def cluster(widths: np.ndarray, count: int, rounds: int = 100) -> np.ndarray:
    """``count`` widths, rising, that minimise the mean of 1 - IoU to ``widths`` ``(n,)``.

    Raises:
        ValueError: fewer widths than clusters.
    """
    if len(widths) < count:
        raise ValueError(f"{len(widths)} widths cannot make {count} anchors")
    anchors = np.quantile(widths, (np.arange(count) + 0.5) / count)
    for _ in range(rounds):
        nearest = width_iou(widths[:, None], anchors).argmax(axis=1)
        moved = np.array(
            [np.median(widths[nearest == k]) if (nearest == k).any() else anchors[k] for k in range(count)]
        )
        if np.array_equal(moved, anchors):
            break
        anchors = moved
    return np.sort(anchors)


def synthetic_widths(count: int, width: int, seed: int = 1) -> np.ndarray:
    """Widths of the characters of ``count`` synthetic strips, pixels of a strip ``width`` wide."""
    rng = np.random.default_rng(seed)
    config = StripConfig(width=width, height=32)
    extents = np.concatenate([synthetic_strip(rng, config).extents for _ in range(count)])
    found = np.diff(np.clip(extents, 0, 1), axis=1)[:, 0] * width
    return found[found >= SMALLEST]


def real_widths(photos: Path, quads: Path, width: int) -> np.ndarray:
    """Mean pitch times a usual share of ink, one per real line: nobody has drawn real characters yet."""
    lines = load_quads(quads)
    used = [photo.path.name for photo in read_labels(photos / "train.csv") if photo.use == "labelled"]
    picked = [lines[name] for name in used if name in lines]
    inner = np.array([quad.length / (quad.length + 2 * MARGIN * quad.height) for quad in picked])
    return 0.8 * inner * width / LENGTH


def main() -> None:
    """Print the anchors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strips", type=int, default=2000)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--width", type=int, default=960)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--quads", type=Path)
    options = parser.parse_args()
    widths = synthetic_widths(options.strips, options.width)
    if options.photos and options.quads:
        widths = np.concatenate([widths, real_widths(options.photos, options.quads, options.width)])
    anchors = cluster(widths, options.count)
    iou = width_iou(widths[:, None], anchors).max(axis=1).mean()
    print(f"{len(widths)} widths, mean IoU {iou:.3f}: " + ", ".join(f"{anchor:.1f}" for anchor in anchors))


if __name__ == "__main__":
    main()

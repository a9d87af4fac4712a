"""Does the reader say so where there is no VIN? `python benchmarks/no_vin.py --photos DIR [--count 200]`.

A third each: drawn scenes without a VIN, training photos (`val`) whose VIN was painted over with what is
around it, and close-ups of other rows of text. Prints the share of `no_vin`, the other verdicts, and the
scores of the best candidates.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.geometry import Quad, resample
from core.learn.absent import empty_scenes, painted_over
from core.learn.crops import read_labels
from core.reader import VinReader
from core.synth.scenes import SceneConfig, synthetic_scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--sheet", type=Path, help="draw those that were taken for a VIN")
    options = parser.parse_args()
    reader = VinReader.load()
    labels = [
        label for label in read_labels(options.photos / "train.csv") if label.use == "val" and label.box
    ]
    third = -(-options.count // 3)
    tried = {
        "scenes": empty_scenes(third, seed=61),
        # From the end: `calibrate` takes its own from the front.
        "painted over": painted_over(labels[-third:]),
        "other rows": rows(options.count - 2 * third),
    }
    taken: list[np.ndarray] = []
    right = total = 0
    for name, pictures in tried.items():
        statuses: Counter[str] = Counter()
        scores = []
        for pixels in pictures:
            reading = reader.read(pixels)
            statuses[reading.status] += 1
            best = reading.chosen or (reading.others[0] if reading.others else None)
            scores.append(best.score if best else -99.0)
            if reading.status != "no_vin":
                taken.append(drawn(pixels, reading.vin or "-", scores[-1]))
        right += statuses["no_vin"]
        total += len(scores)
        spread = np.percentile(scores, (50, 75, 90, 95, 100)).round(1)
        print(f"{name:<13} {dict(statuses)}; best scores {spread}")
    print(f"no_vin: {right} of {total} ({right / total:.1%})")
    if options.sheet and taken:
        cv2.imwrite(str(options.sheet), np.vstack([np.hstack(row) for row in _sixes(taken)]))


def rows(count: int) -> Iterator[np.ndarray]:
    """Close-ups of rows that are no VIN, from drawn labels."""
    rng = np.random.default_rng(62)
    made = 0
    while made < count:
        scene = synthetic_scene(rng, SceneConfig(side=640))
        others = [quad for k, quad in enumerate(scene.quads) if k != scene.vin and quad.length > 60]
        if not others:
            continue
        quad = others[int(rng.integers(len(others)))]
        if scene.vin is not None and _near(quad, scene.quads[scene.vin]):
            continue
        yield resample(
            scene.pixels, quad.widened(0.2, 0.4), 384, round(384 * 1.8 * quad.height / quad.length / 1.4) + 24
        )
        made += 1


def _near(quad: Quad, vin: Quad) -> bool:
    """Whether a close-up of the row would show the VIN as well."""
    frame = quad.widened(0.25, 0.6).to_frame(vin.to_photo(np.array([[0.1, 0.5], [0.5, 0.5], [0.9, 0.5]])))
    return bool(((frame > 0) & (frame < 1)).all(axis=1).any())


def drawn(pixels: np.ndarray, text: str, score: float) -> np.ndarray:
    tile = np.zeros((230, 260, 3), np.uint8)
    scale = min(260 / pixels.shape[1], 200 / pixels.shape[0])
    small = cv2.resize(pixels, None, fx=scale, fy=scale)[:200, :260, ::-1]
    tile[: small.shape[0], : small.shape[1]] = small
    cv2.putText(tile, f"{text} {score:.1f}", (2, 220), 0, 0.45, (255, 255, 255), 1)
    return tile


def _sixes(tiles: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    for first in range(0, len(tiles), 6):
        row = tiles[first : first + 6]
        yield row + [np.zeros_like(tiles[0])] * (6 - len(row))


if __name__ == "__main__":
    main()

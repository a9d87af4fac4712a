"""How fast synthetic pictures come, per core: ``python -m benchmarks.synthesis [--photos DIR]``.

CPU time of one process with one thread, so that other work on the machine counts as little as can be (it
still shares caches and hyper-threads: the best of several rounds counts). With --photos text is swapped on
the training photos of that folder (``train.csv``, boxes as lines), else on a plate drawn here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad
from core.learn.crops import Crop, augmented, cut_crop, read_labels, read_pixels
from core.learn.plates import Plates
from core.synth.glyphs import Face
from core.synth.plates import Canvas, text_width, write
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.series import Recipe, picture
from core.synth.strips import StripConfig, synthetic_strip
from core.synth.strokes import StrokeFamily
from core.synth.troubles import KINDS, trouble

Draw = Callable[[np.random.Generator], object]

WIDTH, HEIGHT = 320, 48
"""Pixels of the CTC reader's strip."""

MANY = 2_000_000
TARGETS = {"drawn strips": 250.0, "scenes of 384 px": 10.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="folder with train.csv; at most 200 of its photos")
    parser.add_argument("--count", type=int, default=400, help="strips per round; a tenth of it scenes")
    parser.add_argument("--rounds", type=int, default=3, help="the best counts")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    plates = Plates(_crops(options.photos) if options.photos else [_drawn_plate()])
    strips, scenes = StripConfig(width=WIDTH, height=HEIGHT), SceneConfig()

    def swapped(rng: np.random.Generator) -> None:
        plate = plates.draw(rng)
        assert plate is not None, "no photo has text that can be taken out"
        augmented(plate, rng, WIDTH, HEIGHT)

    def numbered(rng: np.random.Generator) -> None:
        picture(Recipe(), int(rng.integers(10**6)))

    kinds: list[tuple[str, Draw, int]] = [
        ("drawn strips", lambda rng: synthetic_strip(rng, strips), options.count),
        ("text swap strips", swapped, options.count),
        ("strips of a series, as PNG", numbered, options.count),
        ("scenes of 384 px", lambda rng: synthetic_scene(rng, scenes), max(1, options.count // 10)),
    ]
    for name, draw, count in kinds:
        for seed in range(count // 4):  # plates are cleaned and glyphs drawn when they are first met
            draw(np.random.default_rng([0, seed]))
        best = max(_rate(draw, count, number) for number in range(options.rounds))
        target = f", target {TARGETS[name]:.0f}: {_told(best, TARGETS[name])}" if name in TARGETS else ""
        hours = MANY / best / 3600
        many = f"; {MANY:,} take {hours:.2f} h on one core" if "strips" in name else ""
        print(f"{name:<28}{best:7.0f}/s per core{target}{many}")
    print("one trouble on a strip, ms: " + ", ".join(_troubles(strips)))


def _rate(draw: Draw, count: int, number: int) -> float:
    start = time.process_time()
    for seed in range(count):
        draw(np.random.default_rng([1 + number, seed]))
    return count / (time.process_time() - start)


def _told(rate: float, target: float) -> str:
    return "met" if rate >= target else "missed"


def _troubles(config: StripConfig) -> list[str]:
    strip = synthetic_strip(np.random.default_rng(1), config)
    told = []
    for kind in KINDS:
        start = time.process_time()
        for seed in range(40):
            trouble(kind, strip.pixels, strip.extents, 0.6, np.random.default_rng(seed))
        told.append(f"{kind} {(time.process_time() - start) * 25:.1f}")
    return told


def _crops(folder: Path) -> list[Crop]:
    photos = [one for one in read_labels(folder / "train.csv") if one.use == "labelled" and one.box]
    crops = []
    for photo in photos[:200]:
        grey = cv2.cvtColor(read_pixels(photo.path), cv2.COLOR_RGB2GRAY)
        assert photo.box is not None
        crops.append(cut_crop(grey, Quad.from_box(photo.box), photo.vin))
    return crops


def _drawn_plate(text: str = "WVWZZZ1KZ6W079426") -> Crop:
    """Light letters on a dark foil, about as large as in the training photos."""
    face, size = Face(StrokeFamily(width=0.6, weight=0.12)), 40
    canvas = Canvas(np.zeros((90, round(text_width(text, face, size)) + 80), np.uint8))
    row = write(canvas, text, face, size, 40, 60)
    scale = 200 / (row.bounds[2] - row.bounds[0])
    shape = [round(side * scale) for side in canvas.ink.shape[::-1]]
    ink = cv2.resize(canvas.ink, shape, interpolation=cv2.INTER_AREA).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, 3, ink.shape)
    pixels = np.clip(40 + 0.65 * ink + grain, 0, 255).astype(np.uint8)
    return Crop(pixels, row.quad(np.diag([scale, scale, 1.0])).widened(0.01, 0.1), text)


if __name__ == "__main__":
    main()

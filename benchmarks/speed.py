"""How long the whole way takes, stage by stage: `python benchmarks/speed.py [PHOTO...]`.

Without photos it draws two scenes: 256 x 256 and 12 megapixels. Seconds differ from machine to machine, so
each median also stands as a multiple of a fixed matrix product that is timed in the same run.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.geometry import Quad
from core.images import encode_jpeg, from_array
from core.reader import VinReader
from core.recognize.fuse import fuse
from core.records import Line
from core.rectify import rectify
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.strips import StripConfig, synthetic_strip

_LOADING = """
import time; start = time.perf_counter()
from core.reader import VinReader; VinReader.load()
print(time.perf_counter() - start)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=15)
    options = parser.parse_args()
    photos = {path.name: path.read_bytes() for path in options.photos} or drawn()
    yardstick = matrix_product()
    print(f"yardstick: 1024 x 1024 matrix product, {yardstick:.1f} ms")
    loading = subprocess.run([sys.executable, "-c", _LOADING], capture_output=True, text=True, check=True)
    print(f"import and loading the weights: {float(loading.stdout):.2f} s")
    reader = VinReader.load()
    print(strips(reader, 3 * options.repeat))
    stages: dict[str, dict[str, float]] = {}
    totals = []
    for name, data in photos.items():
        reader.read(data)
        times = [reader.read(data).milliseconds for _ in range(options.repeat if len(photos) < 9 else 1)]
        stages[name] = {s: statistics.median(t.get(s, 0.0) for t in times) for s in times[0]}
        totals.append(stages[name]["total"])
    if len(photos) > 8:
        print(f"{len(photos)} photos: median {statistics.median(totals):.0f} ms")
        names = sorted({stage for times in stages.values() for stage in times})
        stages = {"median": {s: statistics.median(t.get(s, 0.0) for t in stages.values()) for s in names}}
    for name, times in stages.items():
        told = "  ".join(f"{stage} {value:.0f}" for stage, value in times.items())
        print(f"{name}: {told} ms  ({times['total'] / yardstick:.1f} yardsticks)")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def strips(reader: VinReader, count: int) -> str:
    """Milliseconds that both readers and their fusion take for one strip."""
    rng = np.random.default_rng(9)
    pixels = np.repeat(synthetic_strip(rng, StripConfig(width=640, height=96)).pixels[..., None], 3, axis=2)
    strip = rectify(from_array(pixels), Line((Quad.from_box((20, 12, 600, 72)),), 1.0))
    times: dict[str, list[float]] = {"ctc": [], "yolo": [], "fusion": []}
    for _ in range(count):
        marks = [time.perf_counter()]
        opinions = {"ctc": reader.panel.ctc.read([strip])[0]}
        marks.append(time.perf_counter())
        opinions["yolo"] = reader.panel.yolo.read([strip])[0]
        marks.append(time.perf_counter())
        fuse(opinions, strip, reader.panel.weights, reader.panel.rules)
        marks.append(time.perf_counter())
        for name, (start, end) in zip(times, pairwise(marks), strict=True):
            times[name].append(1000 * (end - start))
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    told = ", ".join(f"{name} {spent:.1f}" for name, spent in medians.items())
    return f"one strip: {told}; together {sum(medians.values()):.1f} ms"


def drawn() -> dict[str, bytes]:
    """A small and a large photo of the same scene."""
    scene = synthetic_scene(np.random.default_rng([77, 10]), SceneConfig(side=800, empty=0.0, turned=0.0))
    sizes = {"256 x 256": (256, 256), "4000 x 3000": (4000, 3000)}
    return {
        name: encode_jpeg(cv2.resize(scene.pixels, size, interpolation=cv2.INTER_CUBIC))
        for name, size in sizes.items()
    }


def matrix_product() -> float:
    """Median milliseconds of a single-precision product, after a warm-up."""
    matrix = np.random.default_rng(0).random((1024, 1024), dtype=np.float32)
    times = []
    for _ in range(12):
        start = time.perf_counter()
        matrix @ matrix
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:])


if __name__ == "__main__":
    main()

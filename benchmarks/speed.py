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
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.images import encode_jpeg
from core.reader import VinReader
from core.synth.scenes import SceneConfig, synthetic_scene

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

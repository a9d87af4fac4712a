"""How long the whole way takes, stage by stage: `python benchmarks/speed.py [PHOTO...]`.

Without photos it draws scenes, each 256 x 256 and at 12 megapixels. Photos are told by size: up to half a
megapixel, up to eight, and above. Seconds differ from machine to machine, so each median also stands as a
multiple of a fixed matrix product that is timed in the same run.
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
from core.records import Line, Reading
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
    parser.add_argument("--repeat", type=int, default=3, help="readings per photo; their median counts")
    parser.add_argument("--scenes", type=int, default=15, help="drawn where no photos are given")
    options = parser.parse_args()
    photos = [path.read_bytes() for path in options.photos] or drawn(options.scenes)
    yardstick = matrix_product()
    print(f"yardstick: 1024 x 1024 matrix product, {yardstick:.1f} ms")
    loading = subprocess.run([sys.executable, "-c", _LOADING], capture_output=True, text=True, check=True)
    print(f"import and loading the weights: {float(loading.stdout):.2f} s")
    reader = VinReader.load()
    print(strips(reader, 45))
    groups: dict[str, list[dict[str, float]]] = {}
    for data in photos:
        reading = reader.read(data)
        times = [reader.read(data).milliseconds for _ in range(options.repeat)]
        spent = {stage: statistics.median(one.get(stage, 0.0) for one in times) for stage in times[0]}
        groups.setdefault(size_of(reading), []).append(spent | {"detect to line": to_line(spent)})
    for name, all_times in groups.items():
        stages = {s: statistics.median(one.get(s, 0.0) for one in all_times) for s in all_times[0]}
        slow = float(np.percentile([one["total"] for one in all_times], 95))
        told = "  ".join(f"{stage} {value:.0f}" for stage, value in stages.items())
        print(f"{name}, {len(all_times)} photos, medians: {told} ms")
        print(f"    total: {stages['total'] / yardstick:.1f} yardsticks; 95 % below {slow:.0f} ms")
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


def size_of(reading: Reading) -> str:
    """Which photos a photo is counted with."""
    if reading.status == "error":
        return "no photo"
    megapixels = reading.size[0] * reading.size[1] / 1e6
    return "small" if megapixels <= 0.5 else "middling" if megapixels <= 8 else "large"


def to_line(spent: dict[str, float]) -> float:
    """Milliseconds from the decoded photo to the chosen line, readers on candidates included."""
    return sum(spent.get(stage, 0.0) for stage in ("screen", "detect", "rectify", "recognize", "choose"))


def drawn(count: int) -> list[bytes]:
    """Scenes, each as a small and as a large photo."""
    sizes, photos = ((256, 256), (4000, 3000)), []
    for number in range(count):
        rng = np.random.default_rng([77, number])
        scene = synthetic_scene(rng, SceneConfig(side=800, empty=0.0, turned=0.0))
        photos += [
            encode_jpeg(cv2.resize(scene.pixels, size, interpolation=cv2.INTER_CUBIC)) for size in sizes
        ]
    return photos


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

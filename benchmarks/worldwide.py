"""Does it read makers that the training photos lack? `python benchmarks/worldwide.py TRAIN.csv --use val`.

The VIN of each photo is taken out and that of another car written in its place (:mod:`core.synth.swap`), from
any maker of the world: plate, light and camera are real. Two networks that read the usual cars equally well
may differ here, where remembered makers help nothing. Seeds are fixed, so that runs can be compared photo by
photo. The lines are those on which the champions read the photo's own VIN right.
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
from core.synth.swap import donor, swapped
from core.synth.vins import plausible_vin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--use", help="rows with this `use` only")
    parser.add_argument("--count", type=int, help="the first photos only")
    parser.add_argument("--models", type=Path, help="other networks than the champions")
    options = parser.parse_args()
    labels = [label for label in read_labels(options.labels) if label.read == "twice"]
    labels = [label for label in labels if options.use in (None, label.use)][: options.count]
    finder, reader = VinReader.load(), VinReader.load(options.models)
    right, accepted, wrong_accepted, total = 0, 0, 0, 0
    missed: dict[str, int] = {}
    for number, label in enumerate(labels):
        rng = np.random.default_rng([1886, number])
        vin = plausible_vin(rng)
        photo = _another_car(finder, label.path, label.vin, vin, rng)
        if photo is None:
            continue
        reading = reader.read(photo)
        total += 1
        right += reading.vin == vin
        accepted += reading.status == "accepted"
        wrong_accepted += reading.status == "accepted" and reading.vin != vin
        if reading.vin and reading.vin != vin:
            print(f"{label.path.name}  {vin}  read {reading.vin}  {reading.status}", flush=True)
            for truth, seen in zip(vin, reading.vin, strict=True):
                if truth != seen:
                    missed[truth + seen] = missed.get(truth + seen, 0) + 1
        elif not reading.vin:
            print(f"{label.path.name}  {vin}  {reading.status}", flush=True)
    low, high = wilson(right, total)
    print(f"{100 * right / total:.1f} % right ({100 * low:.1f}-{100 * high:.1f}), n = {total}")
    print(f"accepted {accepted}, of them {wrong_accepted} wrong")
    often = sorted(missed.items(), key=lambda item: -item[1])[:10]
    print("written, read: " + ", ".join(f"{pair} {times}" for pair, times in often))


def _another_car(
    finder: VinReader, path: Path, own: str, vin: str, rng: np.random.Generator
) -> np.ndarray | None:
    """The photo with another VIN on its plate; None where its own is not read or cannot be taken out."""
    pixels = read_pixels(path)
    reading = finder.read(pixels)
    if reading.vin != own or reading.chosen is None or len(reading.chosen.line.parts) != 1:
        return None
    plate = donor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), reading.chosen.line.parts[0])
    if plate is None:
        return None
    return cv2.cvtColor(swapped(plate, vin, rng)[0], cv2.COLOR_GRAY2RGB)


if __name__ == "__main__":
    main()

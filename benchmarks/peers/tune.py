"""Which set-up serves each peer best, on `val`: `python -m benchmarks.peers.tune --photos DIR [--count 30]`.

Prints one line per set-up: how many VINs its texts contain, oracle CER, median milliseconds. The best ones
stand in ``systems.SETUPS``; nothing here looks at `dev` or `large`.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.peers.process import Process
from benchmarks.peers.systems import Setup
from benchmarks.peers.texts import Text, contains, oracle_cer
from core.learn.crops import LabelledPhoto, read_labels

SIZED = Setup(along=0.05, across=0.25)

WHOLE: dict[str, list[Setup]] = {
    "RapidOCR": [Setup(zoom=zoom) for zoom in (1.0, 2.0, 3.0)],
    "EasyOCR": [
        *(Setup(zoom=zoom, only_vin=True) for zoom in (1.0, 2.0, 3.0)),
        Setup(zoom=2.0),
    ],
    "Tesseract": [
        Setup(zoom=zoom, only_vin=only, segmentation=mode)
        for zoom in (2.0, 3.0, 4.0)
        for only in (False, True)
        for mode in (3, 6, 11, 12)
    ],
}

WIDE = Setup(along=0.1, across=0.5, crop_zoom=2.0, detect=True)
"""The detector looks for the line in a wider crop: it sees tilts that a recogniser alone cannot."""

CROP: dict[str, list[Setup]] = {
    "RapidOCR": [
        *(replace(base, crop_zoom=zoom) for base in (Setup(), SIZED) for zoom in (1.0, 2.0)),
        WIDE,
    ],
    "EasyOCR": [
        *(replace(base, crop_zoom=zoom, only_vin=True) for base in (Setup(), SIZED) for zoom in (1.0, 3.0)),
        Setup(crop_zoom=3.0),
        replace(WIDE, only_vin=True),
    ],
    "Tesseract": [
        replace(base, crop_zoom=zoom, only_vin=only, crop_segmentation=mode)
        for base in (Setup(along=0.0, across=0.0), Setup(), SIZED)
        for zoom in (2.0, 4.0)
        for only in (False, True)
        for mode in (7, 13)
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with train.csv")
    parser.add_argument("--count", type=int, default=30, help="photos of `val`, evenly spread")
    parser.add_argument("--systems", nargs="*", default=list(WHOLE))
    parser.add_argument("--tasks", nargs="*", default=["whole", "crop"])
    options = parser.parse_args()
    known = [
        label
        for label in read_labels(options.photos / "train.csv")
        if label.use == "val" and label.read == "twice" and label.box
    ]
    labels = known[:: max(1, len(known) // options.count)][: options.count]
    for system in options.systems:
        for task in options.tasks:
            for setup in (WHOLE if task == "whole" else CROP)[system]:
                print(
                    f"{system:<10}{task:<7}{_score(system, task, setup, labels)}  {setup.told()}", flush=True
                )


def _score(system: str, task: str, setup: Setup, labels: list[LabelledPhoto]) -> str:
    hits, errors, times = 0, [], []
    with Process(system, setup) as process:
        for label, found in _found(process, task, labels):
            texts = [Text(**text) for text in found["texts"]]
            hits += contains(label.vin, texts)
            errors.append(oracle_cer(label.vin, texts))
            times.append(found["ms"])
    cer = 100 * statistics.mean(errors)
    return f"{hits:>3} of {len(labels)}  CER {cer:5.1f} %  {statistics.median(times):6.0f} ms"


def _found(process: Process, task: str, labels: list[LabelledPhoto]) -> Iterator[tuple[LabelledPhoto, dict]]:
    for label in labels:
        yield label, process.read(label.path, label.box if task == "crop" else None)


if __name__ == "__main__":
    main()

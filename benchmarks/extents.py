"""Do the readers' extents sit on the characters? `python benchmarks/extents.py [--photos DIR --sheet FILE]`.

On synthetic strips, whose extents are known, it prints the median intersection over union along the line.
With photos (a folder with train.csv) it draws 20 real strips of `val` with the extents on them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import registry
from core.geometry import Quad
from core.images import decode, read_file
from core.learn.crops import read_labels
from core.reader import VinReader
from core.recognize.ctc import decode as decode_ctc
from core.recognize.strips import MARGIN, margin_share, to_input
from core.recognize.yolo import decode as decode_yolo
from core.rectify import rectify
from core.synth.strips import StripConfig, synthetic_strip

DECODE = {"ctc": decode_ctc, "yolo": decode_yolo}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strips", type=int, default=200)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--sheet", type=Path, default=Path("runs/extents.png"))
    options = parser.parse_args()
    for name in DECODE:
        shares = overlaps(name, options.strips)
        print(
            f"{name}: median IoU {np.median(shares):.3f}, lowest tenth {np.quantile(shares, 0.1):.3f} "
            f"({len(shares)} characters of {options.strips} synthetic strips)"
        )
    if options.photos:
        options.sheet.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(options.sheet), sheet(options.photos, 20)[..., ::-1])
        print(f"{options.sheet}: 20 real strips; it shows photos, keep it as private as they are")


def overlaps(name: str, count: int) -> np.ndarray:
    """Intersection over union of every character's extent with the drawn one."""
    network = registry.load(name)
    height, width = network.card.input_size
    config = StripConfig(width=width, height=height)
    shares = []
    for index in range(count):
        strip = synthetic_strip(np.random.default_rng([404, index]), config)
        (read,) = DECODE[name](network.run(to_input([strip.pixels]))[0])
        low = np.maximum(read.extents[:, 0], strip.extents[:, 0])
        high = np.minimum(read.extents[:, 1], strip.extents[:, 1])
        shared = np.maximum(high - low, 0)
        lengths = np.diff(read.extents)[:, 0] + np.diff(strip.extents)[:, 0]
        shares.append(shared / np.maximum(lengths - shared, 1e-6))
    return np.concatenate(shares)


def sheet(photos: Path, count: int) -> np.ndarray:
    """Real strips with the fused slots' extents, stacked; uint8 RGB."""
    reader = VinReader.load()
    labels = [label for label in read_labels(photos / "train.csv") if label.use == "val" and label.box]
    picked = np.random.default_rng(20).permutation(len(labels))[:count]
    rows = []
    for label in (labels[index] for index in picked):
        assert label.box is not None
        photo = decode(read_file(label.path))
        chosen = reader.read(photo, Quad.from_box(label.box)).chosen
        if chosen is None:
            continue
        straight = rectify(photo, chosen.line)
        share = margin_share(straight)
        strip = straight.render(1000, 64, MARGIN)
        for slot in chosen.slots:
            left, right = (int(1000 * (share + (1 - 2 * share) * place)) for place in slot.extent)
            cv2.rectangle(strip, (left, 2), (right, 61), (255, 120, 0), 1)
            cv2.putText(
                strip, slot.character, (left + 2, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 160, 255), 1
            )
        rows.append(strip)
    return np.vstack(rows)


if __name__ == "__main__":
    main()

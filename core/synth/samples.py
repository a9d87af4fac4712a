"""Demo photos that the project makes itself: scenes of a phone's proportions with a readable VIN."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from core.images import encode_jpeg
from core.synth.capture import CaptureConfig
from core.synth.scenes import SceneConfig, synthetic_scene

SEEDS = (15, 6, 10, 16)
"""Chosen by eye: a lone plate, a label with neighbouring rows, dark on light and light on dark."""
_CAPTURE = CaptureConfig(blur=0.06, motion=0.0, noise=0.1, jpeg=0.0, glare=0.0, lowcontrast=0.0)


def write_samples(folder: Path, seeds: tuple[int, ...] = SEEDS) -> dict[str, str]:
    """Write one JPEG per seed and ``samples.json`` beside the folder (file name -> VIN).

    Returns:
        What ``samples.json`` holds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {}
    for number, seed in enumerate(seeds, 1):
        config = SceneConfig(side=800, empty=0.0, turned=0.0, capture=_CAPTURE)
        scene = synthetic_scene(np.random.default_rng([77, seed]), config)
        name = f"sample-{number}.jpg"
        # Scenes are squeezed like the training photos; a person expects 4 : 3.
        picture = cv2.resize(scene.pixels, (960, 720), interpolation=cv2.INTER_AREA)
        (folder / name).write_bytes(encode_jpeg(picture, 90))
        texts[name] = scene.text
    (folder.parent / "samples.json").write_text(json.dumps(texts, indent=2) + "\n")
    return texts

"""Fit the gate's thresholds: `python -m core.learn.quality.fit [--plates N] [--folder DIR]`.

Drawn plates are spoilt in one way each, and the champions read them with the line given. Per kind, the
severity that the network tells is cut where it best parts readings that fail from readings that do not; and
a character counts as hurt from the probability at which F1 is best. Both go into the network's card.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core import registry
from core.learn.quality.data import FACTORY
from core.quality.gauge import Evidence, Gauge
from core.quality.kinds import LEARNT
from core.quality.view import View
from core.reader import VinReader
from core.records import Line, Photo
from core.rectify import rectify
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.strips import jittered
from core.synth.troubles import trouble

SEED = 7_000_002
"""Of the plates; neither the training's nor the benchmark's."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One spoilt line.

    Attributes:
        kind: what was done to it.
        hurt: the characters that were changed visibly.
        evidence: what the network says.
        failed: the champions misread it.
    """

    kind: str
    hurt: tuple[int, ...]
    evidence: Evidence
    failed: bool


def trials(reader: VinReader, gauge: Gauge, plates: int) -> Iterator[Trial]:
    """Plates that are read right, each spoilt once in every way."""
    for index in range(plates):
        rng = np.random.default_rng([SEED, index])
        scene = synthetic_scene(rng, SceneConfig(empty=0.0))
        assert scene.vin is not None
        line = Line((jittered(scene.quads[scene.vin], rng, 0.4),), 1.0)
        if reader.panel.read_exactly(Photo(scene.pixels), line).text != scene.text:
            continue
        for kind in LEARNT:
            name = FACTORY[kind][index % len(FACTORY[kind])]
            if name == "steep":  # it moves the line; its severity is that of the network's scale
                continue
            name = "too-small" if name == "far" else name
            corners = scene.characters[scene.vin]
            pixels, hurt = trouble(name, scene.pixels, corners, float(rng.uniform(0.2, 1.0)), rng)
            photo = Photo(pixels)
            read = reader.panel.read_exactly(photo, line)
            view = View.of(rectify(photo, line), read)
            yield Trial(kind, hurt, gauge.look(view), read.text != scene.text)


def fit(seen: list[Trial]) -> dict[str, float]:
    """Settings for the card, named as in :mod:`core.quality.inspect`."""
    settings: dict[str, float] = {}
    by_kind: dict[str, list[Trial]] = defaultdict(list)
    for trial in seen:
        by_kind[trial.kind].append(trial)
    for kind, group in by_kind.items():
        told = np.array([trial.evidence.severity for trial in group])
        failed = np.array([trial.failed for trial in group])
        if 3 <= failed.sum() <= len(failed) - 3:
            cuts = np.arange(0.15, 0.9, 0.02)
            right = [(told[failed] >= cut).mean() + (told[~failed] < cut).mean() for cut in cuts]
            # Balanced accuracy is flat at its top: the middle of the best cuts.
            settings[f"fails_{kind}"] = round(float(np.median(cuts[np.isclose(right, max(right))])), 3)
        cuts = np.arange(0.1, 0.91, 0.05)
        scores = [_f1(group, kind, float(cut)) for cut in cuts]
        settings[f"hurts_{kind}"] = round(float(np.median(cuts[np.isclose(scores, max(scores))])), 3)
    return settings


def _f1(group: list[Trial], kind: str, cut: float) -> float:
    both = told = true = 0
    for trial in group:
        hurt = {int(slot) for slot in np.flatnonzero(trial.evidence.slots[kind] >= cut)}
        both, told, true = both + len(hurt & set(trial.hurt)), told + len(hurt), true + len(trial.hurt)
    return 2 * both / max(told + true, 1)


def main() -> None:
    """Fit, and write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plates", type=int, default=80)
    parser.add_argument("--folder", type=Path, default=registry.CHAMPION, help="holds the quality network")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    gauge = Gauge(registry.load("quality", options.folder))
    seen = list(trials(VinReader.load(), gauge, options.plates))
    settings = fit(seen)
    for name, value in settings.items():
        print(f"{name:<18} {value:.3f}")
    print(f"{len(seen)} trials, {sum(trial.failed for trial in seen)} misread")
    card = gauge.network.card
    registry.write_card(replace(card, settings=card.settings | settings), options.folder)


if __name__ == "__main__":
    main()

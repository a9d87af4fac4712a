"""Whole photos with one trouble each: drawn scenes and real photos, spoilt on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Quad
from core.learn.crops import LabelledPhoto, read_pixels
from core.learn.quality.data import SCENES, TAGS
from core.quality.grid import grid
from core.quality.kinds import LEARNT
from core.synth.scenes import synthetic_scene
from core.synth.steep import steep
from core.synth.troubles import trouble

FACTORY: dict[str, tuple[str, ...]] = {
    "defocus": ("defocus",),
    "motion": ("motion",),
    "small": ("too-small",),
    "glare": ("glare",),
    "dark": ("too-dark", "shadow"),
    "bright": ("too-bright",),
    "contrast": ("low-contrast",),
    "dirt": ("dirt", "occlusion", "drops"),
    "damaged": ("scratches", "missing-paint"),
    "cut": ("cut-ends",),
    "steep": ("steep",),
}
"""Kind of the gate -> what the factory does."""

OFTEN = np.array([len(FACTORY[kind]) for kind in LEARNT]) / sum(map(len, FACTORY.values()))
"""How often each kind is drawn: everything that the factory does equally often."""

LONGEST = 384
"""Pixels of a real photo's long side at which it is spoilt."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo to spoil.

    Attributes:
        pixels: uint8 RGB.
        corners: float ``(17, 4, 2)`` of the VIN's characters.
        target: float ``(1 + kinds,)``, what is wrong with it as it is, nothing first; sums to 1.
    """

    pixels: np.ndarray
    corners: np.ndarray
    target: np.ndarray


def drawn_scene(rng: np.random.Generator) -> Scene:
    """A synthetic scene with a VIN."""
    scene = synthetic_scene(rng, SCENES)
    while scene.vin is None:  # now and then a plate has no room
        scene = synthetic_scene(rng, SCENES)
    return Scene(scene.pixels, scene.characters[scene.vin].astype(float), _only(0))


def real_scene(photo: LabelledPhoto, quad: Quad) -> Scene | None:
    """A training photo; None where its remarks say two things at once."""
    told = [kinds for tag, kinds in TAGS.items() if tag in photo.tags]
    if told and "clear" in photo.tags:
        return None
    target = _only(0)
    if told:
        target[0] = 0
        for kinds in told:
            for kind in kinds:
                target[1 + LEARNT.index(kind)] += 1 / (len(kinds) * len(told))
    whole = read_pixels(photo.path)
    pixels = _small(whole)
    scale = np.array(pixels.shape[1::-1]) / whole.shape[1::-1]
    edges = (np.arange(17)[:, None] + [0.1, 0.9, 0.9, 0.1]) / 17
    frame = np.stack([edges, np.broadcast_to([0.0, 0.0, 1.0, 1.0], edges.shape)], axis=2)
    corners = quad.to_photo(frame.reshape(-1, 2)).reshape(17, 4, 2) * scale
    return Scene(pixels, corners, target)


def example(
    scene: Scene, kind: str, severity: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The scene with one trouble: its grid, see :mod:`core.quality.grid`, and its target.

    Args:
        scene: a clear one where there shall be a trouble.
        kind: of ``LEARNT``; empty for the scene as it is.
        severity: of the trouble.
        rng: draws the trouble.
    """
    if not kind:
        return grid(scene.pixels), scene.target
    name = str(rng.choice(FACTORY[kind]))
    if name == "steep":  # a little from the side is how photos are taken
        pixels, _ = steep(scene.pixels, scene.corners, 0.55 + 0.45 * severity, rng)
        return grid(pixels), _only(1 + LEARNT.index(kind))
    pixels, hurt = trouble(name, scene.pixels, scene.corners, severity, rng)
    return grid(pixels), _only(1 + LEARNT.index(kind) if hurt else 0)


def drawn_examples(
    rng: np.random.Generator, count: int, real: Sequence[Scene] = (), each: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Grids float16 ``(count, FEATURES, 24, 24)`` and targets float32 ``(count, 1 + kinds)``.

    ``each`` of one scene, one in seven without a trouble; one draw in seven is a real photo as it is.
    """
    clear = [scene for scene in real if scene.target[0] == 1]
    made: list[tuple[np.ndarray, np.ndarray]] = []
    while len(made) < count:
        if real and rng.random() < 1 / 7:
            made.append(example(real[int(rng.integers(len(real)))], "", 0.0, rng))
            continue
        known = clear and rng.random() < 0.5
        scene = clear[int(rng.integers(len(clear)))] if known else drawn_scene(rng)
        for _ in range(min(each, count - len(made))):
            kind = "" if rng.random() < 1 / 7 else str(rng.choice(LEARNT, p=OFTEN))
            made.append(example(scene, kind, float(rng.uniform(0.35, 1.0)), rng))
    grids, targets = zip(*made, strict=True)
    return np.stack(grids).astype(np.float16), np.stack(targets).astype(np.float32)


def _only(place: int) -> np.ndarray:
    target = np.zeros(1 + len(LEARNT))
    target[place] = 1
    return target


def _small(pixels: np.ndarray) -> np.ndarray:
    scale = min(1.0, LONGEST / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)

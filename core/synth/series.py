"""A series of synthetic pictures: which one comes at which place, however many processes draw.

Item i depends on its recipe and on i alone, never on what was drawn before it. The recipe's fonts and
library versions are the rest of what decides its bytes, see :func:`surroundings`.
"""

from __future__ import annotations

import hashlib
import json
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.geometry import Quad
from core.images import encode_jpeg, encode_png
from core.synth.glyphs import faces
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.strips import StripConfig, synthetic_strip
from core.synth.textline import BAND
from core.synth.troubles import KINDS, trouble

ANY = "any"
"""In place of a trouble's name: another one for each picture."""

CHUNK = 8
"""Pictures that a process draws before it hands them over."""

_BOX = ("left", "top", "width", "height")
_TROUBLE = ("trouble", "severity", "hurt")
COLUMNS = {
    "strips": ("photo", "vin", "extents", *_TROUBLE),
    "scenes": ("photo", *_BOX, "vin", "read", "quads", "vin_quad", *_TROUBLE),
}
"""Of labels.csv; scenes have those of the real photos' files, so that ``evaluate`` takes them."""


@dataclass(frozen=True)
class Recipe:
    """What a series is made of.

    Attributes:
        kind: ``strips`` or ``scenes``.
        seed: of all randomness.
        trouble: one of ``troubles.KINDS``, ``any`` for another one each time, empty for none.
        severity: of it, above 0 up to 1; 0 draws another one for each picture.
        strips: how strips are made.
        scenes: how scenes are made.
    """

    kind: str = "strips"
    seed: int = 1
    trouble: str = ""
    severity: float = 0.0
    strips: StripConfig = field(default_factory=StripConfig)
    scenes: SceneConfig = field(default_factory=SceneConfig)

    def __post_init__(self) -> None:
        if self.kind not in COLUMNS:
            raise ValueError(f"{self.kind[:40]!r} is no kind of picture; there are {', '.join(COLUMNS)}")
        if self.seed < 0:
            raise ValueError(f"the seed is {self.seed}; it is 0 or more")
        if self.trouble and self.trouble not in (ANY, *KINDS):
            raise ValueError(f"{self.trouble[:40]!r} is no trouble; there are {ANY}, {', '.join(KINDS)}")
        if not 0 <= self.severity <= 1:
            raise ValueError(f"the severity is {self.severity}; it lies between 0 and 1")
        if self.severity and not self.trouble:
            raise ValueError("a severity needs a trouble that has it")

    def told(self) -> dict[str, Any]:
        """What decides the pictures, for a file beside them; the other kind's settings are left out."""
        kept = asdict(self)
        config = kept[self.kind]
        del kept["strips"], kept["scenes"]
        return json.loads(json.dumps(kept | {"config": config}))


@dataclass(frozen=True, eq=False)
class Picture:
    """One item of a series.

    Attributes:
        index: its place.
        name: of its file.
        data: the file, PNG of strips and JPEG of scenes.
        size: width and height in pixels.
        text: the VIN, empty where there is none.
        quad: where the VIN is, pixels; None where there is none.
        boxes: float ``(17, 4)``: left, top, width, height of the characters in the quad's own frame.
        row: its line of labels.csv.
    """

    index: int
    name: str
    data: bytes
    size: tuple[int, int]
    text: str
    quad: Quad | None
    boxes: np.ndarray
    row: dict[str, str]


def surroundings() -> dict[str, str]:
    """What besides the recipe decides the bytes: the fonts' digest, and versions of what draws and packs."""
    fonts = hashlib.sha256()
    for face in faces():
        assert isinstance(face.source, Path)
        fonts.update(f"{face.source.name} {face.source.stat().st_size} {face.weight}\n".encode())
    packages = ("numpy", "opencv-python-headless", "pillow")
    return {"fonts": fonts.hexdigest()[:16]} | {package: version(package) for package in packages}


def picture(recipe: Recipe, index: int) -> Picture:
    """Item ``index`` of a series; the same one with and without a trouble is the same plate."""
    rng = np.random.default_rng([recipe.seed, index])
    return (_strip if recipe.kind == "strips" else _scene)(recipe, index, rng)


def pictures(recipe: Recipe, indices: Iterable[int], workers: int = 0) -> Iterator[Picture]:
    """The items of some places, in their order.

    Args:
        recipe: of the series.
        indices: places.
        workers: processes that draw; 0 draws in this one. The bytes are the same.
    """
    if workers < 1:
        for index in indices:
            yield picture(recipe, index)
        return
    waiting: deque[Future[list[Picture]]] = deque()
    places = iter(indices)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("forkserver"), initializer=_alone)
    try:
        while True:
            # A few chunks ahead of whoever takes them: nobody waits, and memory stays small.
            while len(waiting) < 2 * workers + 1 and (chunk := list(islice(places, CHUNK))):
                waiting.append(pool.submit(_chunk, recipe, chunk))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _alone() -> None:
    """A process of the pool: one core is its share, and whoever started it says when to stop."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _chunk(recipe: Recipe, indices: list[int]) -> list[Picture]:
    return [picture(recipe, index) for index in indices]


def _strip(recipe: Recipe, index: int, rng: np.random.Generator) -> Picture:
    made = synthetic_strip(rng, recipe.strips)
    pixels, told = _spoilt(recipe, index, made.pixels, made.extents)
    rows, columns = pixels.shape
    extents = [[round(float(end), 4) for end in extent] for extent in made.extents]
    row = {"vin": made.text, "extents": json.dumps(extents), **told}
    quad = Quad.from_box((0.0, BAND[0] * rows, float(columns), (BAND[1] - BAND[0]) * rows))
    start, end = np.clip(made.extents, 0, 1).T
    boxes = np.stack([start, 0 * start, np.maximum(end - start, 1e-3), 0 * start + 1], axis=1)
    name = f"{index:06d}.png"
    row = {"photo": name, **row}
    return Picture(index, name, encode_png(pixels), (columns, rows), made.text, quad, boxes, row)


def _scene(recipe: Recipe, index: int, rng: np.random.Generator) -> Picture:
    made = synthetic_scene(rng, recipe.scenes)
    quads = [np.round(quad.corners.astype(float), 1).tolist() for quad in made.quads]
    name = f"{index:06d}.jpg"
    row = {"photo": name, **dict.fromkeys(_BOX, ""), "vin": made.text, "read": ""}
    row |= {"quads": json.dumps(quads), "vin_quad": ""}
    quad, boxes, pixels, told = None, np.zeros((0, 4)), made.pixels, dict.fromkeys(_TROUBLE, "")
    if made.vin is not None:
        quad = made.quads[made.vin]
        row |= {"read": "twice", "vin_quad": str(made.vin)}
        row |= {side: f"{value:.1f}" for side, value in zip(_BOX, quad.bounds(), strict=True)}
        pixels, told = _spoilt(recipe, index, pixels, made.characters[made.vin])
        places = quad.to_frame(made.characters[made.vin].reshape(-1, 2)).reshape(-1, 4, 2)
        low, high = np.clip(places.min(axis=1), 0, 1), np.clip(places.max(axis=1), 0, 1)
        boxes = np.hstack([low, np.maximum(high - low, 1e-3)])
    rows, columns = pixels.shape[:2]
    data = encode_jpeg(pixels)
    return Picture(index, name, data, (columns, rows), made.text, quad, boxes, row | told)


def _spoilt(
    recipe: Recipe, index: int, pixels: np.ndarray, extents: np.ndarray
) -> tuple[np.ndarray, dict[str, str]]:
    """With its trouble, and what labels.csv says of that."""
    if not recipe.trouble:
        return pixels, dict.fromkeys(_TROUBLE, "")
    rng = np.random.default_rng([recipe.seed, index, 1])
    drawn, severity = str(rng.choice(list(KINDS))), float(rng.uniform(0.05, 1.0))
    kind = drawn if recipe.trouble == ANY else recipe.trouble
    severity = round(recipe.severity or severity, 3)
    pixels, hurt = trouble(kind, pixels, extents, severity, rng)
    return pixels, {"trouble": kind, "severity": f"{severity:g}", "hurt": json.dumps(list(hurt))}


def confused(recipe: Recipe, hard: str, share: float) -> Recipe:
    """The recipe with VINs drawn from characters that readers mix up.

    Args:
        recipe: of strips.
        hard: a pool of characters, see :func:`core.learn.confusion.hard_characters`.
        share: of the noise half's characters that come out of the pool.

    Raises:
        ValueError: scenes, whose VINs are there to be found and not to be read.
    """
    if recipe.kind != "strips":
        raise ValueError("confusions choose the VINs of strips; leave scenes out")
    return replace(recipe, strips=replace(recipe.strips, hard=hard, confusable=share))

"""Strips with one trouble each, and where it hurts: drawn and real plates, spoilt on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.geometry import Quad, resample
from core.learn.crops import LabelledPhoto, cut_crop, read_pixels
from core.quality.features import COLUMNS
from core.quality.kinds import LEARNT
from core.quality.view import HEIGHT, WIDTH
from core.recognize.strips import MARGIN
from core.synth.capture import CaptureConfig
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.steep import steep
from core.synth.strips import jittered
from core.synth.troubles import trouble

FACTORY: dict[str, tuple[str, ...]] = {
    "defocus": ("defocus",),
    "motion": ("motion",),
    "small": ("too-small", "far"),
    "glare": ("glare",),
    "dark": ("too-dark", "shadow"),
    "bright": ("too-bright",),
    "contrast": ("low-contrast",),
    "dirt": ("dirt", "occlusion", "drops"),
    "damaged": ("scratches", "missing-paint"),
    "cut": ("cut-ends",),
    "steep": ("steep",),
}
"""Kind of the gate -> what the factory does; ``far`` is a photo with fewer pixels."""

OFTEN = np.array([len(FACTORY[kind]) for kind in LEARNT]) / sum(map(len, FACTORY.values()))
"""How often each kind is drawn: everything that the factory does equally often."""

TAGS = {"blur": ("defocus", "motion"), "lowres": ("small",), "glare": ("glare",), "dirt": ("dirt",),
        "lowcontrast": ("contrast",), "cut": ("cut",)}  # fmt: skip
"""Remarks on real photos -> kinds that they may mean."""

SCENES = SceneConfig(empty=0.0, capture=CaptureConfig(motion=0.03, glare=0.0, lowcontrast=0.08))
"""Plates to spoil: what the capture adds by itself would be a trouble without a name."""


@dataclass(frozen=True, eq=False)
class Plate:
    """A line to spoil.

    Attributes:
        pixels: uint8 RGB, the line's neighbourhood.
        quad: the line.
        corners: float ``(17, 4, 2)`` of its characters.
        target: float ``(1 + kinds,)``, what is wrong with it as it is, nothing first; sums to 1.
    """

    pixels: np.ndarray
    quad: Quad
    corners: np.ndarray
    target: np.ndarray


@dataclass(frozen=True, eq=False)
class Example:
    """One strip to learn from.

    Attributes:
        pixels: uint8 RGB ``(48, 320, 3)``.
        size: photo pixels per character, and of the line's height.
        target: float ``(1 + kinds,)``, as a plate's.
        severity: of the trouble; NaN where nobody knows.
        hurt: float ``(columns, kinds)``; NaN where nobody knows, and beside the text.
    """

    pixels: np.ndarray
    size: tuple[float, float]
    target: np.ndarray
    severity: float
    hurt: np.ndarray


def drawn_plate(rng: np.random.Generator, config: SceneConfig = SCENES) -> Plate:
    """A VIN of a synthetic scene with its neighbourhood."""
    scene = synthetic_scene(rng, config)
    while scene.vin is None:  # now and then a plate has no room
        scene = synthetic_scene(rng, config)
    crop = cut_crop(scene.pixels, scene.quads[scene.vin], scene.text)
    shift = scene.quads[scene.vin].corners[0] - crop.quad.corners[0]
    return Plate(crop.pixels, crop.quad, scene.characters[scene.vin].astype(float) - shift, only())


def real_plate(photo: LabelledPhoto, quad: Quad) -> Plate | None:
    """A training photo's line; None where its remarks say two things at once."""
    target = remarked(photo)
    if target is None:
        return None
    crop = cut_crop(read_pixels(photo.path), quad, photo.vin)
    return Plate(crop.pixels, crop.quad, characters_of(crop.quad), target)


def remarked(photo: LabelledPhoto) -> np.ndarray | None:
    """What remarks say is wrong with a photo, as a target; None where they say two things at once."""
    told = [kinds for tag, kinds in TAGS.items() if tag in photo.tags]
    if told and "clear" in photo.tags:
        return None
    if not told:
        return only()
    shares = [only(kind) / (len(kinds) * len(told)) for kinds in told for kind in kinds]
    return np.sum(shares, axis=0)


def characters_of(quad: Quad) -> np.ndarray:
    """Corners ``(17, 4, 2)`` of a line's characters, where nothing but the line is known."""
    edges = (np.arange(17)[:, None] + [0.1, 0.9, 0.9, 0.1]) / 17
    frame = np.stack([edges, np.broadcast_to([0.0, 0.0, 1.0, 1.0], edges.shape)], axis=2)
    return quad.to_photo(frame.reshape(-1, 2)).reshape(17, 4, 2)


def only(kind: str = "") -> np.ndarray:
    """The target ``(1 + kinds,)`` of one trouble, or of none."""
    target = np.zeros(1 + len(LEARNT))
    target[1 + LEARNT.index(kind) if kind else 0] = 1
    return target


def example(plate: Plate, kind: str, severity: float, rng: np.random.Generator) -> Example:
    """A strip of the plate with one trouble.

    Args:
        plate: a clear one where there shall be a trouble.
        kind: of ``LEARNT``; empty for the plate as it is.
        severity: of the trouble.
        rng: draws the trouble, and the errors that a detector makes.
    """
    if not kind:
        return _straightened(
            plate, plate.quad, rng, plate.target, (), 0.0 if plate.target[0] == 1 else np.nan
        )
    factory = str(rng.choice(FACTORY[kind]))
    if factory == "far":
        plate, hurt = _farther(plate, severity, rng)
    elif factory == "steep":
        # A little from the side is how photos are taken.
        severity = 0.55 + 0.45 * severity
        plate, hurt = _from_the_side(plate, severity, rng)
    else:
        pixels, hurt = trouble(factory, plate.pixels, plate.corners, severity, rng)
        plate = replace(plate, pixels=pixels)
    quad = plate.quad
    if kind == "cut" and hurt and rng.random() < 0.6:
        quad = _visible(plate, hurt)
    target = only(kind if hurt else "")
    return _straightened(plate, quad, rng, target, hurt, severity if hurt else 0.0)


def drawn_examples(
    rng: np.random.Generator, count: int, real: Sequence[Plate] = (), each: int = 8
) -> list[Example]:
    """Some examples: ``each`` of one plate, a quarter without a trouble; one draw in five is a real line."""
    clear = [plate for plate in real if plate.target[0] == 1]
    out: list[Example] = []
    while len(out) < count:
        if real and rng.random() < 0.2:
            out.append(example(real[int(rng.integers(len(real)))], "", 0.0, rng))
            continue
        known = clear and rng.random() < 0.5
        plate = clear[int(rng.integers(len(clear)))] if known else drawn_plate(rng)
        for _ in range(min(each, count - len(out))):
            kind = "" if rng.random() < 0.25 else str(rng.choice(LEARNT, p=OFTEN))
            out.append(example(plate, kind, float(rng.uniform(0.15, 1.0)), rng))
    return out


def _farther(plate: Plate, severity: float, rng: np.random.Generator) -> tuple[Plate, tuple[int, ...]]:
    pitch = plate.quad.length / 17
    factor = min(1.0, rng.uniform(2.2, 3.0) / pitch) ** severity
    size = tuple(max(4, round(side * factor)) for side in plate.pixels.shape[1::-1])
    scale = np.array([size[0] / plate.pixels.shape[1], size[1] / plate.pixels.shape[0]])
    pixels = cv2.resize(plate.pixels, size, interpolation=cv2.INTER_AREA)
    smaller = replace(
        plate, pixels=pixels, quad=Quad(plate.quad.corners * scale), corners=plate.corners * scale
    )
    return smaller, tuple(range(17)) if pitch * factor < 4.5 else ()


def _from_the_side(plate: Plate, severity: float, rng: np.random.Generator) -> tuple[Plate, tuple[int, ...]]:
    pixels, corners = steep(plate.pixels, plate.corners, severity, rng)
    ends = np.stack([corners[0, 0], corners[-1, 1], corners[-1, 2], corners[0, 3]])
    quad = Quad(ends).widened(0.0, 0.12)
    if quad.length * quad.height < 60 or quad.length < 25:
        return plate, ()
    return replace(plate, pixels=pixels, quad=quad, corners=corners), tuple(range(17))


def _astray(quad: Quad, rng: np.random.Generator) -> Quad:
    """The line as it is found where little can be seen: a piece, too high, aside, or on its head."""
    start = rng.uniform(0, 0.5) if rng.random() < 0.4 else rng.uniform(-0.12, 0.05)
    end = rng.uniform(0.5, 1) if rng.random() < 0.4 else rng.uniform(0.95, 1.12)
    if end - start < 0.35:
        start, end = 0.0, 1.0
    aside, grown = rng.normal(0, 0.2), rng.uniform(-0.15, 0.5)
    piece = quad.part(start, end, aside - grown, 1 + aside + grown)
    return piece.turned() if rng.random() < 0.15 else piece


def _visible(plate: Plate, hurt: Sequence[int]) -> Quad:
    """The line without the end that is gone."""
    frame = plate.quad.to_frame(plate.corners.mean(axis=1))[:, 0]
    step = (frame[-1] - frame[0]) / 16
    if 0 in hurt:
        return plate.quad.part(float(frame[max(hurt)] + step / 2), 1.0)
    return plate.quad.part(0.0, float(frame[min(hurt)] - step / 2))


def _straightened(
    plate: Plate,
    quad: Quad,
    rng: np.random.Generator,
    target: np.ndarray,
    hurt: Sequence[int],
    severity: float,
) -> Example:
    loose = quad.widened(rng.uniform(-0.01, 0.07), rng.uniform(-0.08, 0.25))
    seen = jittered(_astray(loose, rng) if rng.random() < 0.3 else loose, rng, 0.7)
    around = seen.widened(MARGIN * seen.height / seen.length, MARGIN)
    pixels = resample(plate.pixels, around, WIDTH, HEIGHT)
    centres = around.to_frame(plate.corners.mean(axis=1))[:, 0]
    places = (np.arange(COLUMNS) + 0.5) / COLUMNS
    away = np.abs(places[:, None] - centres)
    nearest, pitch = away.argmin(axis=1), abs(centres[-1] - centres[0]) / 16
    columns = np.zeros((COLUMNS, len(LEARNT)))
    if np.isnan(severity):
        columns[:] = np.nan
    elif hurt:
        columns[np.isin(nearest, hurt), int(target.argmax()) - 1] = 1
    columns[away.min(axis=1) > 0.75 * pitch] = np.nan
    return Example(pixels, (seen.length / 17, seen.height), target, severity, columns)

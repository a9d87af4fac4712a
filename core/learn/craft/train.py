"""Train the light CRAFT: synthetic scenes, and real photos whose VIN line is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core.detect.craft import STRIDE, normalise, to_input
from core.detect.lines import LineConfig, find_lines
from core.geometry import Box, Quad, project
from core.images import ImageError
from core.learn.corrections import load_corrections
from core.learn.craft.known import KnownPhoto, around
from core.learn.craft.network import CraftNetwork, CraftNetworkConfig
from core.learn.craft.targets import affinity_map, band_map, region_map
from core.learn.craft.warmstart import load_warm_start
from core.learn.crops import SQUEEZE, load_quads, read_labels
from core.learn.rounds import load_round
from core.records import HeatMaps
from core.synth.scenes import SceneConfig, drawn_angle, synthetic_scene


@dataclass(frozen=True)
class CraftTrainConfig:
    """What the detector learns from.

    Attributes:
        photos: folder with ``train.csv``; empty trains on synthetic scenes only.
        quads: JSON of known quads of the training photos.
        pseudo: file of a labelling round, for the lines of photos that nobody transcribed.
        barred: names of photos in the folder that must stay out, because they are measured on.
        corrections: file of labels out of the store (:mod:`core.learn.corrections`): corrected quads.
        replay: share of the real photos that were known before, where there are new ones too.
        real: share of real photos in a batch.
        start: ``rapidocr`` (warm start), ``scratch``, or a ``.safetensors`` file.
        side: pixels of the square training pictures, and of the long side when serving.
        turned: share of photos and scenes that are turned to any direction.
        network: shape of the network.
        scenes: how synthetic scenes are made.
    """

    photos: str = ""
    quads: str = ""
    pseudo: str = ""
    barred: tuple[str, ...] = ()
    corrections: str = ""
    replay: float = 0.5
    real: float = 0.65
    start: str = "rapidocr"
    side: int = 320
    turned: float = 0.4
    network: CraftNetworkConfig = field(default_factory=CraftNetworkConfig)
    scenes: SceneConfig = field(default_factory=lambda: SceneConfig(side=320, turned=0.4, marked=0.35))


class CraftTask:
    """The detector for :mod:`core.learn.loop`."""

    def __init__(self, config: CraftTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = build(config)
        self._real: list[KnownPhoto] = []
        self._fresh: list[KnownPhoto] = []
        self._val: list[KnownPhoto] = []
        if config.corrections:
            self._learn_from(Path(config.corrections))
        if config.photos:
            photos = read_labels(Path(config.photos) / "train.csv", config.barred)
            known = [photo for photo in photos if photo.use == "val" and photo.read == "twice"]
            self._val += [
                KnownPhoto(photo.path, (Quad.from_box(photo.box),), stretch=SQUEEZE)
                for photo in known
                if photo.box is not None
            ]
            if config.quads and config.real > 0:
                quads = load_quads(Path(config.quads))
                if config.pseudo:
                    quads |= {name: quad for name, (_, quad) in load_round(Path(config.pseudo)).items()}
                self._real += [
                    KnownPhoto(photo.path, (quads[photo.path.name],), stretch=SQUEEZE)
                    for photo in photos
                    if photo.use in ("labelled", "pool") and photo.path.name in quads
                ]

    def groups(self) -> list[dict[str, Any]]:
        """What is new at full rate, what was warm-started slower."""
        new = [
            p for name, p in self.network.named_parameters() if name.startswith(("head", "raise_", "join"))
        ]
        rest = [
            p
            for name, p in self.network.named_parameters()
            if not name.startswith(("head", "raise_", "join"))
        ]
        return [{"params": new}, {"params": rest, "scale": 0.3 if self.config.start != "scratch" else 1.0}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        """Photos ``(size, 3, side, side)``, targets and weights ``(size, 3, side / 2, side / 2)``."""
        rng = np.random.default_rng([seed, index])
        made = [self._real_example(rng) if self._takes_real(rng) else self._scene(rng) for _ in range(size)]
        pictures, targets, weights = (np.stack(part) for part in zip(*made, strict=True))
        return torch.from_numpy(normalise(pictures)), torch.from_numpy(targets), torch.from_numpy(weights)

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy on soft targets; text and the hardest background count alike (CRAFT's mining)."""
        photos, targets, weights = batch
        logits = network(photos.contiguous(memory_format=torch.channels_last))
        losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights
        total, figures = logits.new_zeros(()), {}
        for channel, name in enumerate(("region", "affinity", "vin")):
            part = _mined(losses[:, channel], targets[:, channel], weights[:, channel])
            figures[name] = part.item()
            total = total + part * (2.0 if name == "vin" else 0.5)
        return total, figures

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Share of ``val`` photos whose first line lies on the box and fills it, as they are and turned."""
        if not self._val:
            return {"score": 0.0}
        self._val = [photo for photo in self._val if photo.readable()]
        if not self._val:
            return {"score": 0.0}
        usual = np.array([self._fills(network, photo) for photo in self._val])
        turned = np.array(
            [self._fills(network, photo, _TURNS[k % len(_TURNS)]) for k, photo in enumerate(self._val[::2])]
        )
        found, lying = float((usual > 0.5).mean()), float((turned > 0.5).mean())
        score = found + float(usual.mean()) + 0.5 * (lying + float(turned.mean()))
        return {"found": found, "overlap": float(usual.mean()), "turned": lying, "score": score}

    def _fills(self, network: nn.Module, photo: KnownPhoto, degrees: int | None = None) -> float:
        """Overlap of the first line with the photo's box, 0..1."""
        pixels, scale = photo.decoded()
        matrix = np.eye(3)
        if degrees is not None:
            pixels, matrix = _turned(pixels, degrees, photo.stretch)
        lines = find_lines(maps_of(network, pixels, self.config.side), LineConfig())
        if not lines:
            return 0.0
        line = Quad(project(np.linalg.inv(matrix), lines[0].parts[0].corners))
        return _overlap(line.scaled(1 / scale), around(photo.quads))

    def _takes_real(self, rng: np.random.Generator) -> bool:
        return bool(self._real or self._fresh) and rng.random() < self.config.real

    def _learn_from(self, path: Path) -> None:
        for correction in load_corrections(path):
            if not correction.path.exists():  # forgotten since the file was written
                continue
            known = KnownPhoto(correction.path, correction.quads, tuple(correction.boxes()))
            if correction.side == "val":
                self._val.append(known)
            else:
                (self._fresh if correction.source == "new" else self._real).append(known)

    def _scene(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scene = synthetic_scene(rng, self.config.scenes)
        shape = (scene.pixels.shape[0] // STRIDE, scene.pixels.shape[1] // STRIDE)
        characters = [corners / STRIDE for corners in scene.characters]
        quad = scene.quads[scene.vin].scaled(1 / STRIDE) if scene.vin is not None else None
        targets = np.stack(
            [region_map(characters, shape), affinity_map(characters, shape), band_map(quad, shape)]
        )
        return scene.pixels, targets, np.ones_like(targets)

    def _real_example(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        known = self._fresh or self._real
        if self._fresh and self._real and rng.random() < self.config.replay:
            known = self._real
        one = known[int(rng.integers(len(known)))]
        try:
            pixels, scale = one.decoded()
        except ImageError:
            # Forgotten while the run goes on, or damaged: one photo must not end it.
            return self._scene(rng)
        side, quads = self.config.side, [quad.scaled(scale) for quad in one.quads]
        line = quads[0] if len(quads) == 1 else Quad.from_box(around(quads))
        size = (pixels.shape[1], pixels.shape[0])
        matrix = _placement(*size, line, rng, self.config, one.stretch)
        picture = cv2.warpPerspective(
            pixels,
            matrix,
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=_BORDERS[rng.integers(len(_BORDERS))],
        )
        picture = _recoloured(picture, rng)
        return picture, *one.targets(matrix @ np.diag([scale, scale, 1.0]), (side // STRIDE, side // STRIDE))


def build(config: CraftTrainConfig) -> CraftNetwork:
    """A network with the weights that the configuration starts from."""
    network = CraftNetwork(config.network)
    if config.start == "rapidocr":
        load_warm_start(network)
    elif config.start != "scratch":
        network.load_state_dict(load_file(config.start))
    return network


_TURNS = (90, 180, 270, -30, -15, 15, 30)
"""Degrees by which ``val`` photos are turned."""
_BORDERS = (cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE)


def maps_of(network: nn.Module, pixels: np.ndarray, side: int) -> HeatMaps:
    """Heat maps from the torch network, as the exported one gives them."""
    batch, scale, (rows, columns) = to_input(pixels, side)
    with torch.inference_mode():
        tensor = torch.from_numpy(batch).to(next(network.parameters()).device)
        maps = network(tensor.contiguous(memory_format=torch.channels_last)).sigmoid()[0].cpu().numpy()
    region, affinity, vin = maps
    cut = (slice(0, -(-rows // STRIDE)), slice(0, -(-columns // STRIDE)))
    return HeatMaps(region[cut], affinity[cut], vin[cut], scale / STRIDE)


def _mined(losses: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    text = (targets > 0.1) & (weights > 0)
    positive = losses[text]
    negative = losses[~text & (weights > 0)]
    count = max(1000, 3 * positive.numel())
    hardest = negative.topk(min(count, negative.numel())).values if negative.numel() else negative
    parts = [part.mean() for part in (positive, hardest) if part.numel()]
    return torch.stack(parts).sum() if parts else losses.sum() * 0


def _placement(
    width: int, height: int, quad: Quad, rng: np.random.Generator, config: CraftTrainConfig, undone: float
) -> np.ndarray:
    """Homography from the photo to the training picture: turned, scaled, cropped around the VIN or not."""
    angle = drawn_angle(rng, config.turned)
    base = config.side / max(width, height)
    low, high = 60 / quad.length, 0.95 * config.side / quad.length
    scale = base * np.exp(rng.normal(0, 0.12) if rng.random() < 0.6 else rng.uniform(-0.6, 0.7))
    scale = float(np.clip(scale, min(low, base), max(high, 0.3)))
    # No camera squeezes along the text of a photo that lies on its side: the turned ones are undone first.
    level = abs(np.sin(angle)) < 0.35 and np.cos(angle) > 0
    squeezed = level and rng.random() < 0.5
    stretch = np.exp(rng.normal(0, 0.06)) if squeezed else undone * np.exp(rng.normal(0, 0.08))
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotate @ np.diag([scale * stretch**0.5, scale / stretch**0.5])
    linear = linear @ np.array([[1, rng.normal(0, 0.05)], [0, 1]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[2, :2] = rng.normal(0, 0.04, 2) / [width, height]
    centre = project(matrix, np.array([[width / 2, height / 2]]))[0]
    matrix_to_centre = np.eye(3)
    matrix_to_centre[:2, 2] = config.side / 2 - centre + rng.normal(0, 0.06, 2) * config.side
    matrix = matrix_to_centre @ matrix
    # The whole VIN stays in the picture wherever it fits.
    corners = project(matrix, quad.widened(0.02, 0.3).corners)
    shift = np.maximum(-corners.min(axis=0), 0) - np.maximum(corners.max(axis=0) - config.side, 0)
    into = np.eye(3)
    into[:2, 2] = shift
    return into @ matrix


def _turned(pixels: np.ndarray, degrees: int, stretch: float) -> tuple[np.ndarray, np.ndarray]:
    """A squeezed photo stretched and turned clockwise on a canvas that holds it, and the homography."""
    rows, columns = pixels.shape[:2]
    angle = np.deg2rad(degrees)
    matrix = np.eye(3)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix = matrix @ np.diag([stretch, 1.0, 1.0])
    corners = project(matrix, np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]]))
    matrix[:2, 2] = -corners.min(axis=0)
    wide, high = (int(side) for side in np.ceil(corners.max(axis=0) - corners.min(axis=0)))
    mean = [float(value) for value in pixels.reshape(-1, 3).mean(axis=0)]
    return cv2.warpPerspective(pixels, matrix, (wide, high), borderValue=mean), matrix


def _recoloured(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    values: np.ndarray = picture.astype(np.float32)
    if rng.random() < 0.5:
        values = values * rng.uniform(0.75, 1.25, 3)
    values = (values - values.mean()) * rng.uniform(0.6, 1.3) + values.mean() + rng.uniform(-30, 30)
    if rng.random() < 0.1:
        values = 255 - values
    if rng.random() < 0.15:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.3:
        values = values + rng.normal(0, rng.uniform(0, 10), values.shape)
    if rng.random() < 0.25:
        values = cv2.GaussianBlur(values.astype(np.float32), (0, 0), rng.uniform(0.4, 1.2))
    return np.clip(values, 0, 255).astype(np.uint8)


def _overlap(quad: Quad, box: Box) -> float:
    """Intersection over union of the quad's upright box and the label's."""
    left, top, width, height = quad.bounds()
    x, y, w, h = box
    across = min(left + width, x + w) - max(left, x)
    down = min(top + height, y + h) - max(top, y)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (width * height + w * h - shared)

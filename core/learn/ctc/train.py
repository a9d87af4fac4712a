"""Train the CTC reader: synthetic strips and augmented real crops, CTC loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core.geometry import Quad, resample
from core.learn.crops import Crop, LabelledPhoto, augmented, load_crops, load_quads, read_labels, read_pixels
from core.learn.ctc.network import CtcNetwork, CtcNetworkConfig
from core.learn.ctc.warmstart import load_warm_start
from core.learn.score import cer
from core.recognize.ctc import MARGIN, forward_backward, to_input
from core.rectify import quads_in_box
from core.synth.strips import StripConfig, synthetic_strip
from core.vin import ALPHABET


@dataclass(frozen=True)
class CtcTrainConfig:
    """What the CTC reader learns from.

    Attributes:
        photos: folder with ``train.csv``; empty trains on synthetic strips only.
        quads: JSON of known quads of the training photos (``core.learn.ctc.quads``).
        real: share of real crops in a batch.
        start: ``rapidocr`` (warm start), ``scratch``, or a ``.safetensors`` file.
        trunk_scale: learning rate of everything but the head, relative to the head's.
        tilts: how many tilts of a box are tried in validation.
        network: shape of the network.
        strips: how synthetic strips are made.
    """

    photos: str = ""
    quads: str = ""
    real: float = 0.4
    start: str = "rapidocr"
    trunk_scale: float = 0.3
    tilts: int = 9
    network: CtcNetworkConfig = field(default_factory=CtcNetworkConfig)
    strips: StripConfig = field(default_factory=StripConfig)


class CtcTask:
    """The CTC reader for :mod:`core.learn.loop`."""

    def __init__(self, config: CtcTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = build(config)
        self._crops: list[Crop] = []
        self._val: list[LabelledPhoto] = []
        if config.photos:
            photos = read_labels(Path(config.photos) / "train.csv")
            legible = [photo for photo in photos if photo.read == "twice"]
            self._val = [photo for photo in legible if photo.use == "val"]
            if config.quads and config.real > 0:
                learnt = [photo for photo in legible if photo.use == "labelled"]
                self._crops = load_crops(learnt, load_quads(Path(config.quads)))

    def groups(self) -> list[dict[str, Any]]:
        """Head at full rate, trunk slower."""
        head = [p for name, p in self.network.named_parameters() if name.startswith("head")]
        rest = [p for name, p in self.network.named_parameters() if not name.startswith("head")]
        scale = self.config.trunk_scale if self.config.start != "scratch" else 1.0
        return [{"params": head}, {"params": rest, "scale": scale}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        """Strips ``(size, 1, h, w)`` in -1..1 and classes ``(size, 17)``."""
        rng = np.random.default_rng([seed, index])
        pictures, texts = [], []
        for _ in range(size):
            if self._crops and rng.random() < self.config.real:
                crop = self._crops[int(rng.integers(len(self._crops)))]
                shape = self.config.network
                pictures.append(augmented(crop, rng, shape.width, shape.height))
                texts.append(crop.text)
            else:
                strip = synthetic_strip(rng, self.config.strips)
                pictures.append(strip.pixels)
                texts.append(strip.text)
        classes = [[ALPHABET.index(character) + 1 for character in text] for text in texts]
        return torch.from_numpy(to_input(pictures)), torch.tensor(classes)

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """CTC (Graves et al., ICML 2006), per character."""
        strips, classes = batch
        frames = network(strips.contiguous(memory_format=torch.channels_last)).log_softmax(2).transpose(0, 1)
        count = frames.shape[1]
        lengths = torch.full((count,), frames.shape[0]), torch.full((count,), classes.shape[1])
        return functional.ctc_loss(frames, classes, *lengths, zero_infinity=True), {}

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Box given, tilts tried, 17 characters: exact match and CER on ``val``; else on synthetic strips."""
        frames = frames_of(network)
        if not self._val:
            return self._validate_synthetic(frames)
        shape = self.config.network
        pairs = [
            (photo.vin, read_box(photo, frames, (shape.width, shape.height), self.config.tilts))
            for photo in self._val
        ]
        return _figures(pairs)

    def _validate_synthetic(self, frames: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
        rng = np.random.default_rng(20_000)
        made = [synthetic_strip(rng, self.config.strips) for _ in range(64)]
        slots, _, _ = forward_backward(np.exp(frames(to_input([strip.pixels for strip in made]))))
        return _figures([(strip.text, to_text(slot)) for strip, slot in zip(made, slots, strict=True)])


def build(config: CtcTrainConfig) -> CtcNetwork:
    """A network with the weights that the configuration starts from."""
    network = CtcNetwork(config.network)
    if config.start == "rapidocr":
        load_warm_start(network)
    elif config.start != "scratch":
        network.load_state_dict(load_file(config.start))
    return network


def frames_of(network: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """The network as a function from input batch to log-probabilities."""
    device = next(network.parameters()).device

    @torch.inference_mode()
    def frames(batch: np.ndarray) -> np.ndarray:
        strips = torch.from_numpy(batch).to(device).contiguous(memory_format=torch.channels_last)
        return network(strips).log_softmax(2).cpu().numpy()

    return frames


def read_box(
    photo: LabelledPhoto, frames: Callable[[np.ndarray], np.ndarray], size: tuple[int, int], tilts: int
) -> str:
    """17 characters from the likeliest tilt of a photo's box."""
    pixels = cv2.cvtColor(read_pixels(photo.path), cv2.COLOR_RGB2GRAY)
    assert photo.box is not None
    strips = [_strip(pixels, quad, size) for quad in quads_in_box(photo.box, tilts)]
    slots, _, likelihood = forward_backward(np.exp(frames(to_input(strips))))
    return to_text(slots[int(likelihood.argmax())])


def to_text(slots: np.ndarray) -> str:
    """The best character of each slot, ``(17, 33)`` to text."""
    return "".join(ALPHABET[index] for index in slots.argmax(axis=1))


def _strip(pixels: np.ndarray, quad: Quad, size: tuple[int, int]) -> np.ndarray:
    return resample(pixels, quad.widened(MARGIN * quad.height / quad.length, MARGIN), *size)


def _figures(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    exact = sum(truth == text for truth, text in pairs) / len(pairs)
    errors = sum(cer(truth, text) for truth, text in pairs) / len(pairs)
    return {"exact": exact, "cer": errors, "n": float(len(pairs)), "score": exact - errors}

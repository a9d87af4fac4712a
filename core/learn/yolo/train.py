"""Train the YOLO reader: boxes where they are known (synthetic strips, corrected extents), else texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.learn.strips import NOTHING, StripSources, StripStream, classes_of
from core.learn.yolo.loss import YoloWeights, box_loss, chain_loss, silence_loss
from core.learn.yolo.network import YoloNetwork, YoloNetworkConfig
from core.learn.yolo.targets import yolo_targets
from core.learn.yolo.warmstart import load_warm_start
from core.recognize.strips import to_input
from core.recognize.yolo import CELL, decode


@dataclass(frozen=True)
class YoloTrainConfig:
    """What the YOLO reader learns from.

    Attributes:
        sources: strips and crops; only corrected crops have boxes that somebody drew.
        start: ``rapidocr`` (warm start of the trunk), ``scratch``, or a ``.safetensors`` file.
        trunk_scale: learning rate of stem and trunk, relative to what is new.
        tilts: how many tilts of a box are tried in validation.
        network: shape of the network.
        weights: of the parts of the box loss.
    """

    sources: StripSources = field(default_factory=lambda: StripSources(doubtful=True))
    start: str = "rapidocr"
    trunk_scale: float = 0.35
    tilts: int = 5
    network: YoloNetworkConfig = field(default_factory=YoloNetworkConfig)
    weights: YoloWeights = field(default_factory=YoloWeights)


class YoloTask:
    """The YOLO reader for :mod:`core.learn.loop`."""

    def __init__(self, config: YoloTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = build(config)
        self._stream = StripStream(config.sources, config.network.width, config.network.height)

    def groups(self) -> list[dict[str, Any]]:
        """What is new at full rate, what was warm-started slower."""
        trunk = [p for name, p in self.network.named_parameters() if name.startswith(("stem", "trunk"))]
        new = [p for name, p in self.network.named_parameters() if not name.startswith(("stem", "trunk"))]
        scale = self.config.trunk_scale if self.config.start != "scratch" else 1.0
        return [{"params": new}, {"params": trunk, "scale": scale}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        """Strips ``(size, 1, 32, w)``, box targets, classes ``(size, 17)``, and whose boxes are known."""
        rng = np.random.default_rng([seed, index])
        examples = [self._stream.draw(rng) for _ in range(size)]
        classes = np.array([classes_of(example.text) for example in examples])
        cells = self.config.network.width // CELL
        empty = np.zeros((cells, self.config.network.anchors, 4), np.float32)
        targets = [
            empty if example.extents is None else yolo_targets(example.extents, labels, cells)
            for example, labels in zip(examples, classes, strict=True)
        ]
        return (
            torch.from_numpy(to_input([example.pixels for example in examples])),
            torch.from_numpy(np.stack(targets)),
            torch.from_numpy(classes),
            torch.tensor([example.extents is not None for example in examples]),
        )

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Box loss where boxes are known, chain loss where there is a VIN; both per character."""
        strips, targets, classes, boxed = batch
        raw = network(strips.contiguous(memory_format=torch.channels_last)).float()
        silent = classes[:, 0] == NOTHING
        share, written = boxed.float().mean(), ~boxed & ~silent
        total = raw.new_zeros(())
        told: dict[str, float] = {}
        if boxed.any():
            boxes, told = box_loss(raw[boxed], targets[boxed], self.config.weights)
            total = total + share * (boxes + 0.3 * chain_loss(raw[boxed], classes[boxed]))
            told = {"boxes": boxes.item()} | told
        if written.any():
            chains = chain_loss(raw[written], classes[written])
            total = total + written.float().mean() * chains
            told["real"] = chains.item()
        if silent.any():
            silence = silence_loss(raw[silent])
            total = total + silent.float().mean() * silence
            told["others"] = silence.item()
        return total, told

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Box given on ``val``, or synthetic strips."""
        return self._stream.validate(decoder(network), self.config.tilts)


def build(config: YoloTrainConfig) -> YoloNetwork:
    """A network with the weights that the configuration starts from."""
    network = YoloNetwork(config.network)
    if config.start == "rapidocr":
        load_warm_start(network)
    elif config.start != "scratch":
        network.load_state_dict(load_file(config.start))
    return network


def decoder(network: nn.Module) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The network as a function from input batch to slots and log-likelihoods."""
    device = next(network.parameters()).device

    @torch.inference_mode()
    def slots(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        strips = torch.from_numpy(batch).to(device).contiguous(memory_format=torch.channels_last)
        read = decode(network(strips).float().cpu().numpy())
        slots = np.stack([one.probabilities for one in read])
        # Of several tilts the one that shows 17 clear characters is meant, not only 17 of them.
        clear = np.log(slots.max(axis=2)).sum(axis=1)
        return slots, clear + np.array([one.log_likelihood for one in read])

    return slots

"""Train the CTC reader: synthetic strips and augmented real crops, CTC loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.learn.ctc.loss import masked_ctc
from core.learn.ctc.network import CtcNetwork, CtcNetworkConfig
from core.learn.ctc.warmstart import load_warm_start
from core.learn.strips import StripSources, StripStream, classes_of
from core.recognize.ctc import forward_backward
from core.recognize.strips import to_input


@dataclass(frozen=True)
class CtcTrainConfig:
    """What the CTC reader learns from.

    Attributes:
        sources: strips and crops; a ``?`` is masked.
        start: ``rapidocr`` (warm start), ``scratch``, or a ``.safetensors`` file.
        trunk_scale: learning rate of everything but the head, relative to the head's.
        tilts: how many tilts of a box are tried in validation.
        network: shape of the network.
    """

    sources: StripSources = field(default_factory=StripSources)
    start: str = "rapidocr"
    trunk_scale: float = 0.3
    tilts: int = 5
    network: CtcNetworkConfig = field(default_factory=CtcNetworkConfig)


class CtcTask:
    """The CTC reader for :mod:`core.learn.loop`."""

    def __init__(self, config: CtcTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = build(config)
        self._stream = StripStream(config.sources, config.network.width, config.network.height)

    def groups(self) -> list[dict[str, Any]]:
        """Head at full rate, trunk slower."""
        head = [p for name, p in self.network.named_parameters() if name.startswith("head")]
        rest = [p for name, p in self.network.named_parameters() if not name.startswith("head")]
        scale = self.config.trunk_scale if self.config.start != "scratch" else 1.0
        return [{"params": head}, {"params": rest, "scale": scale}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        """Strips ``(size, 1, h, w)`` in -1..1 and classes ``(size, 17)``, 0 where one cannot be read."""
        rng = np.random.default_rng([seed, index])
        examples = [self._stream.draw(rng) for _ in range(size)]
        classes = torch.tensor([classes_of(example.text) for example in examples]) + 1
        return torch.from_numpy(to_input([example.pixels for example in examples])), classes

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """CTC per character; what cannot be read is masked."""
        strips, classes = batch
        frames = network(strips.contiguous(memory_format=torch.channels_last)).log_softmax(2).transpose(0, 1)
        return masked_ctc(frames, classes), {}

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Box given on ``val``, or synthetic strips."""
        return self._stream.validate(decoder(network), self.config.tilts)


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


def decoder(network: nn.Module) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The network as a function from input batch to slots and log-likelihoods."""
    frames = frames_of(network)

    def slots(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        read, _, likelihood = forward_backward(np.exp(frames(batch)))
        return read, likelihood

    return slots

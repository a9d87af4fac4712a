"""Train the network that looks at characters again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core import registry
from core.learn.drawn import DrawnConfig, kept, known_photos
from core.learn.glyphs.data import RealLine, drawn_lines, real_line
from core.learn.glyphs.network import GlyphNetwork, GlyphNetworkConfig
from core.panel import Panel
from core.recognize.ctc import CtcReader
from core.recognize.glyphs import PAIRS
from core.recognize.yolo import YoloReader
from core.vin import ALPHABET, LENGTH, confusable_with

VAL_SEED, VAL_COUNT = 7_000_004, 800
"""Of the lines that validation looks at; no batch is drawn from this seed."""
UNLIKE = 0.005
"""How much two characters that nobody mixes up count, of two that are: there are thirteen times as many."""


@dataclass(frozen=True)
class GlyphTrainConfig(DrawnConfig):
    """What the network learns from.

    Attributes:
        network: its shape.
        start: weights to go on from; empty for none.
    """

    pool: int = 5000
    network: GlyphNetworkConfig = field(default_factory=GlyphNetworkConfig)
    start: str = ""


class GlyphTask:
    """The network that looks at characters again, for :mod:`core.learn.loop`."""

    def __init__(self, config: GlyphTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = GlyphNetwork(config.network)
        if config.start:
            self.network.load_state_dict(load_file(config.start))
        self._real: list[RealLine] | None = None
        self._held: tuple[Tensor, Tensor] | None = None
        self._mixed_up = _mixed_up()

    def groups(self) -> list[dict[str, Any]]:
        """All at one rate."""
        return [{"params": list(self.network.parameters())}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
        """Cells uint8 ``(n, 17, 32, 24)`` and the characters, uint8 ``(n, 17)``."""
        place = index % self.config.pool

        def draw() -> dict[str, np.ndarray]:
            shown, meant = drawn_lines(np.random.default_rng([seed, place]), size, self._real_lines())
            return {"cells": shown, "characters": meant}

        made = kept(self.config, f"{seed}-{size}-{place}", draw)
        return torch.from_numpy(made["cells"]), torch.from_numpy(made["characters"])

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy of pairs and of characters."""
        cells, characters = batch
        same, weights = self._pairs(characters)
        logits, read = _parts(network(cells.float()).float())
        each = functional.binary_cross_entropy_with_logits(
            logits, same.float(), weight=weights, reduction="sum"
        )
        alike = each / weights.sum()
        character = functional.cross_entropy(read.flatten(0, 1), characters.long().flatten())
        return alike + character, {"alike": alike.item(), "character": character.item()}

    @torch.inference_mode()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """On drawn lines of a seed of their own, characters that are mixed up.

        Returns:
            Shares told right, and ``score``: 1 less both cross-entropies.
        """
        if self._held is None:
            made = drawn_lines(np.random.default_rng(VAL_SEED), VAL_COUNT)
            self._held = torch.from_numpy(made[0]), torch.from_numpy(made[1])
        cells, characters = self._held
        logits, read = _parts(torch.cat([network(part.float()).float() for part in cells.split(50)]))
        characters = characters.long()
        same, weights = self._pairs(characters)
        mixed_up = ~same & (weights == 1.0)
        each = functional.binary_cross_entropy_with_logits(logits, same.float(), reduction="none")
        alike = (each[same].mean() + each[mixed_up].mean()) / 2
        character = functional.cross_entropy(read.flatten(0, 1), characters.flatten())
        return {
            "same": (logits[same] > 0).float().mean().item(),
            "mixed_up": (logits[mixed_up] <= 0).float().mean().item(),
            "read": (read.argmax(dim=2) == characters).float().mean().item(),
            "score": 1 - alike.item() - character.item(),
        }

    def _pairs(self, characters: Tensor) -> tuple[Tensor, Tensor]:
        """Which of every two are the same, bool ``(n, 136)``, and how much they weigh.

        Pairs that are the same weigh as much together as those that are mixed up: so the logit is the ratio
        of both likelihoods, and 0 where nobody can tell.
        """
        one, other = (characters[:, torch.from_numpy(side)].long() for side in PAIRS)
        same = one == other
        mixed_up = self._mixed_up[one, other]
        weights = torch.where(mixed_up, 1.0, UNLIKE)
        return same, torch.where(same, mixed_up.sum() / same.sum().clamp(min=1), weights)

    def _real_lines(self) -> list[RealLine]:
        """Lines of the photos that may teach, read once, where the first batch is drawn."""
        if self._real is None:
            readers = Panel(CtcReader(registry.load("ctc")), YoloReader(registry.load("yolo")))
            found = (real_line(readers, photo, quad) for photo, quad in known_photos(self.config))
            self._real = [line for line in found if line is not None]
        return self._real


def _parts(told: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of pairs ``(n, 136)`` and of characters ``(n, 17, 33)``."""
    pairs = len(PAIRS[0])
    return told[:, :pairs], told[:, pairs:].reshape(len(told), LENGTH, len(ALPHABET))


def _mixed_up() -> Tensor:
    """Which characters readers mix up, bool ``(33, 33)``."""
    return torch.tensor([[other in confusable_with(one) for other in ALPHABET] for one in ALPHABET])

"""Train the network for whole photos: drawn scenes and real photos, spoilt one way at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learn.drawn import DrawnConfig, kept, known_photos
from core.learn.overview.data import drawn_examples, real_scene
from core.learn.overview.network import OverviewNetwork, OverviewNetworkConfig
from core.quality.grid import MIRRORED, SIDEWARDS, TRANSPOSED, UPWARDS

VAL_SEED, VAL_COUNT = 7_000_003, 480
"""Of the photos that validation looks at; no batch is drawn from this seed."""
MIXED = 8
"""Draws that a batch is taken from, and photos of a scene in a draw."""


@dataclass(frozen=True)
class OverviewTrainConfig(DrawnConfig):
    """What the network learns from.

    Attributes:
        network: its shape.
    """

    pool: int = 1200
    network: OverviewNetworkConfig = field(default_factory=OverviewNetworkConfig)


class OverviewTask:
    """The network for whole photos, for :mod:`core.learn.loop`."""

    def __init__(self, config: OverviewTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = OverviewNetwork(config.network)
        scenes = [real_scene(photo, quad) for photo, quad in known_photos(config)]
        self._real = [scene for scene in scenes if scene is not None]
        self._drawn: tuple[tuple[int, int, int], list[tuple[np.ndarray, np.ndarray]]] = (-1, 0, 0), []
        self._held: tuple[Tensor, Tensor] | None = None

    def groups(self) -> list[dict[str, Any]]:
        """All at one rate."""
        return [{"params": list(self.network.parameters())}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
        """Grids float16 ``(n, FEATURES, 24, 24)``, targets ``(n, 1 + kinds)``.

        A draw holds several spoilt photos of each scene; a batch takes one of each from several draws.

        Raises:
            ValueError: ``size`` is no multiple of :data:`MIXED`.
        """
        if size % MIXED:
            raise ValueError(f"a batch of {size} photos is no multiple of {MIXED}")
        group, turn = divmod(index % self.config.pool, MIXED)
        if self._drawn[0] != (group, size, seed):
            draws = [self._draw(group * MIXED + place, size, seed) for place in range(MIXED)]
            self._drawn = (group, size, seed), draws
        grids, targets = zip(*self._drawn[1], strict=True)
        mixed = (np.concatenate([part[turn::MIXED] for part in parts]) for parts in (grids, targets))
        return torch.from_numpy(next(mixed)), torch.from_numpy(next(mixed))

    def _draw(self, place: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        def draw() -> dict[str, np.ndarray]:
            grids, targets = drawn_examples(np.random.default_rng([seed, place]), size, self._real)
            return {"grids": grids, "targets": targets}

        made = kept(self.config, f"{seed}-{size}-{place}", draw)
        return made["grids"], made["targets"]

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy; a photo turned or seen in a mirror has the same trouble."""
        grids, targets = batch
        seen = grids.float()
        for change in (_transposed, _mirrored, _flipped):
            some = torch.rand(len(seen)) < 0.5
            seen = torch.where(some[:, None, None, None], change(seen), seen)
        kind = functional.cross_entropy(network(seen).float(), targets, label_smoothing=0.05)
        return kind, {"kind": kind.item()}

    @torch.inference_mode()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """On drawn scenes of a seed of their own: share named right, share of clear ones left alone."""
        if self._held is None:
            made = drawn_examples(np.random.default_rng(VAL_SEED), VAL_COUNT)
            self._held = torch.from_numpy(made[0]), torch.from_numpy(made[1])
        grids, targets = self._held
        logits = network(grids.float()).float()
        truth, bad = targets.argmax(1), targets[:, 0] == 0
        named = (logits[bad, 1:].argmax(1) == truth[bad] - 1).float().mean().item()
        quiet = (logits[~bad].argmax(1) == 0).float().mean().item()
        return {"named": named, "quiet": quiet, "score": named + 0.3 * quiet}


def _transposed(grids: Tensor) -> Tensor:
    return grids[:, TRANSPOSED].transpose(2, 3)


def _mirrored(grids: Tensor) -> Tensor:
    turned = grids[:, MIRRORED].flip(3)
    turned[:, SIDEWARDS] *= -1
    return turned


def _flipped(grids: Tensor) -> Tensor:
    turned = grids[:, MIRRORED].flip(2)
    turned[:, UPWARDS] *= -1
    return turned

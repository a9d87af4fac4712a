"""Train the network for whole photos: drawn scenes and real photos, spoilt one way at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learn.crops import load_quads, read_labels
from core.learn.overview.data import Scene, drawn_squares, real_scene
from core.learn.overview.network import OverviewNetwork, OverviewNetworkConfig

VAL_SEED, VAL_COUNT = 7_000_003, 480
"""Of the photos that validation looks at; no batch is drawn from this seed."""


@dataclass(frozen=True)
class OverviewTrainConfig:
    """What the network learns from.

    Attributes:
        photos: folder with ``train.csv``; empty trains on drawn scenes only.
        quads: JSON of known quads of the training photos.
        pool: batches that are drawn; training goes over them again and again.
        cache: folder that keeps them, so that several processes can draw them beforehand; empty for none.
        network: its shape.
    """

    photos: str = ""
    quads: str = ""
    pool: int = 600
    cache: str = ""
    network: OverviewNetworkConfig = field(default_factory=OverviewNetworkConfig)


class OverviewTask:
    """The network for whole photos, for :mod:`core.learn.loop`."""

    def __init__(self, config: OverviewTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = OverviewNetwork(config.network)
        self._real: list[Scene] = []
        self._held: tuple[Tensor, Tensor] | None = None
        if config.photos and config.quads:
            quads = load_quads(Path(config.quads))
            scenes = [
                real_scene(photo, quads[photo.path.name])
                for photo in read_labels(Path(config.photos) / "train.csv")
                if photo.use == "labelled" and photo.path.name in quads
            ]
            self._real = [scene for scene in scenes if scene is not None]

    def groups(self) -> list[dict[str, Any]]:
        """All at one rate."""
        return [{"params": list(self.network.parameters())}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
        """Squares uint8 ``(n, 192, 192, 3)``, targets ``(n, 1 + kinds)``."""
        place = index % self.config.pool
        path = Path(self.config.cache) / f"{seed}-{size}-{place}.npz" if self.config.cache else None
        if path and path.exists():
            with np.load(path) as kept:
                return torch.from_numpy(kept["squares"]), torch.from_numpy(kept["targets"])
        squares, targets = drawn_squares(np.random.default_rng([seed, place]), size, self._real)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{os.getpid()}.part.npz")
            np.savez(partial, squares=squares, targets=targets)
            os.replace(partial, path)
        return torch.from_numpy(squares), torch.from_numpy(targets)

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy; a photo turned or seen in a mirror has the same trouble."""
        squares, targets = batch
        photos = _normalised(squares)
        for axes in ((2,), (3,)):
            turned = torch.rand(len(photos)) < 0.5
            photos = torch.where(turned[:, None, None, None], photos.flip(axes), photos)
        turned = torch.rand(len(photos)) < 0.5
        photos = torch.where(turned[:, None, None, None], photos.transpose(2, 3), photos)
        kind = functional.cross_entropy(network(photos).float(), targets, label_smoothing=0.05)
        return kind, {"kind": kind.item()}

    @torch.inference_mode()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """On drawn scenes of a seed of their own: share named right, share of clear ones left alone."""
        if self._held is None:
            made = drawn_squares(np.random.default_rng(VAL_SEED), VAL_COUNT)
            self._held = torch.from_numpy(made[0]), torch.from_numpy(made[1])
        squares, targets = self._held
        logits = torch.cat([network(_normalised(part)).float() for part in squares.split(60)])
        truth, bad = targets.argmax(1), targets[:, 0] == 0
        named = (logits[bad, 1:].argmax(1) == truth[bad] - 1).float().mean().item()
        quiet = (logits[~bad].argmax(1) == 0).float().mean().item()
        return {"named": named, "quiet": quiet, "score": named + 0.3 * quiet}


def _normalised(squares: Tensor) -> Tensor:
    return squares.permute(0, 3, 1, 2).float() / 127.5 - 1

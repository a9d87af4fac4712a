"""Train the network that names troubles: drawn plates and real ones, spoilt one way at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core.learn.drawn import DrawnConfig, kept, known_photos
from core.learn.quality.data import Example, drawn_examples, real_plate
from core.learn.quality.network import QualityNetwork, QualityNetworkConfig
from core.quality.features import features
from core.quality.gauge import to_input

VAL_SEED, VAL_COUNT = 7_000_001, 640
"""Of the examples that validation looks at; no batch is drawn from this seed."""


@dataclass(frozen=True)
class QualityTrainConfig(DrawnConfig):
    """What the network learns from.

    Attributes:
        network: its shape.
        start: weights to go on from; empty for none.
    """

    pool: int = 6400
    network: QualityNetworkConfig = field(default_factory=QualityNetworkConfig)
    start: str = ""


class QualityTask:
    """The quality network for :mod:`core.learn.loop`."""

    def __init__(self, config: QualityTrainConfig) -> None:
        self.config = config
        self.network: nn.Module = QualityNetwork(config.network)
        if config.start:
            self.network.load_state_dict(load_file(config.start))
        plates = [real_plate(photo, quad) for photo, quad in known_photos(config)]
        self._real = [plate for plate in plates if plate is not None]
        self._held: tuple[Tensor, ...] | None = None

    def groups(self) -> list[dict[str, Any]]:
        """All at one rate."""
        return [{"params": list(self.network.parameters())}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        """Features, targets ``(n, 1 + kinds)``, severities ``(n,)``, hurt columns ``(n, columns, kinds)``."""
        place = index % self.config.pool
        made = kept(
            self.config,
            f"{seed}-{size}-{place}",
            lambda: _stacked(drawn_examples(np.random.default_rng([seed, place]), size, self._real)),
        )
        return _tensors(made)

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy of the kind, squared error of the severity, cross-entropy of the hurt columns."""
        seen, targets, severities, hurt = batch
        raw = network(seen + 0.05 * torch.randn_like(seen) * (seen != 0)).float()
        kind = functional.cross_entropy(raw[:, 0, 1:], targets, label_smoothing=0.02)
        known = ~severities.isnan()
        severity = (raw[known, 0, 0] - severities[known]).square().mean()
        mask = ~hurt.isnan()
        places = functional.binary_cross_entropy_with_logits(raw[:, 1:, 2:][mask], hurt[mask])
        told = {"kind": kind.item(), "severity": severity.item(), "places": places.item()}
        return kind + 2 * severity + 4 * places, told

    @torch.inference_mode()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """On drawn plates of a seed of their own: share named right, and F1 of the hurt columns."""
        if self._held is None:
            self._held = _tensors(_stacked(drawn_examples(np.random.default_rng(VAL_SEED), VAL_COUNT)))
        seen, targets, severities, hurt = self._held
        raw = network(seen).float()
        bad = (severities > 0.5) & (targets[:, 0] == 0)
        named = (raw[bad, 0, 2:].argmax(1) == targets[bad, 1:].argmax(1)).float().mean().item()
        mask = ~hurt[bad].isnan()
        told, true = (raw[bad][:, 1:, 2:] > 0)[mask], (hurt[bad] > 0.5)[mask]
        f1 = (2 * (told & true).sum() / (told.sum() + true.sum()).clamp(min=1)).item()
        clear = targets[:, 0] == 1
        quiet = (raw[clear, 0, 1:].argmax(1) == 0).float().mean().item()
        return {"named": named, "f1": f1, "quiet": quiet, "score": named + f1 + quiet}


def _stacked(examples: list[Example]) -> dict[str, np.ndarray]:
    seen = [to_input(*features(one.pixels, *one.size)) for one in examples]
    return {
        "features": np.concatenate(seen),
        "targets": np.stack([one.target for one in examples]).astype(np.float32),
        "severities": np.array([one.severity for one in examples], np.float32),
        "hurt": np.stack([one.hurt for one in examples]).astype(np.float32),
    }


def _tensors(arrays: Mapping[str, np.ndarray]) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(arrays[name]) for name in ("features", "targets", "severities", "hurt"))

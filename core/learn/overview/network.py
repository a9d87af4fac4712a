"""The network that looks at whole photos: a few strided convolutions, pooled to one opinion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.quality.kinds import LEARNT


@dataclass(frozen=True)
class OverviewNetworkConfig:
    """Shape of the network.

    Attributes:
        widths: channels after each halving of the resolution.
        hidden: neurons between pooling and opinion.
    """

    widths: tuple[int, ...] = (24, 48, 96, 128)
    hidden: int = 128


class OverviewNetwork(nn.Module):
    """Photos ``(n, 3, 192, 192)`` to logits ``(n, 1 + kinds)``, nothing first.

    Args:
        config: its shape.
    """

    def __init__(self, config: OverviewNetworkConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in config.widths:
            layers += _layer(before, width, stride=2)
            before = width
        layers += _layer(before, before, stride=1)
        self.scan = nn.Sequential(*layers)
        # The mean tells what lies over everything, the maximum what lies on one spot.
        self.opinion = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(2 * before, config.hidden), nn.ReLU(),
            nn.Dropout(0.2), nn.Linear(config.hidden, 1 + len(LEARNT)),
        )  # fmt: skip

    def forward(self, photos: Tensor) -> Tensor:
        seen = self.scan(photos)
        return self.opinion(torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], dim=1))


def _layer(before: int, width: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]

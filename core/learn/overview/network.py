"""The network that looks at whole photos: a few convolutions over the grid, pooled to one opinion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.quality.grid import FEATURES
from core.quality.kinds import LEARNT


@dataclass(frozen=True)
class OverviewNetworkConfig:
    """Shape of the network.

    Attributes:
        widths: channels of each layer; all but the first halve the resolution.
        hidden: neurons between pooling and opinion.
    """

    widths: tuple[int, ...] = (96, 128, 160)
    hidden: int = 128


class OverviewNetwork(nn.Module):
    """Grids ``(n, FEATURES, 24, 24)`` to logits ``(n, 1 + kinds)``, nothing first.

    Args:
        config: its shape.
    """

    def __init__(self, config: OverviewNetworkConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.BatchNorm2d(FEATURES)]
        before = FEATURES
        for width in config.widths:
            layers += [
                nn.Conv2d(before, width, 3, stride=1 if before == FEATURES else 2, padding=1, bias=False),
                nn.BatchNorm2d(width), nn.ReLU(),
            ]  # fmt: skip
            before = width
        self.scan = nn.Sequential(*layers)
        # The mean tells what lies over everything, the maximum what lies on one spot.
        self.opinion = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(2 * before, config.hidden), nn.ReLU(),
            nn.Dropout(0.3), nn.Linear(config.hidden, 1 + len(LEARNT)),
        )  # fmt: skip

    def forward(self, grids: Tensor) -> Tensor:
        seen = self.scan(grids)
        return self.opinion(torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], dim=1))

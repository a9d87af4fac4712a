"""The network that names troubles: a few convolutions over a grey strip."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.quality.gauge import COLUMNS
from core.quality.kinds import LEARNT
from core.quality.view import HEIGHT, WIDTH


@dataclass(frozen=True)
class QualityNetworkConfig:
    """Shape of the network.

    Attributes:
        channels: of the four stages.
    """

    channels: tuple[int, int, int, int] = (16, 24, 32, 48)


class QualityNetwork(nn.Module):
    """Strips ``(n, 3, 48, 320)`` to ``(n, 1 + columns, 2 + kinds)``, see :mod:`core.quality.gauge`.

    Args:
        config: its shape.
    """

    def __init__(self, config: QualityNetworkConfig) -> None:
        super().__init__()
        a, b, c, d = config.channels
        self.trunk = nn.Sequential(
            *_stage(3, a, (2, 4), 5), *_stage(a, b, (2, 2)), *_stage(b, c, (2, 1)), *_stage(c, d, (2, 1))
        )
        # Three rows are left of the strip's height.
        self.along = nn.Sequential(
            nn.Conv2d(d, d, (3, 3), padding=(0, 1)), nn.BatchNorm2d(d), nn.ReLU(),
            nn.Conv2d(d, d, (1, 5), padding=(0, 2)), nn.BatchNorm2d(d), nn.ReLU(),
        )  # fmt: skip
        self.line = nn.Sequential(nn.Linear(2 * d, d), nn.ReLU(), nn.Linear(d, 2 + len(LEARNT)))
        self.place = nn.Linear(3 * d, 2 + len(LEARNT))

    def forward(self, strips: Tensor) -> Tensor:
        features = self.along(self.trunk(strips)).squeeze(2).transpose(1, 2)
        whole = torch.cat([features.mean(1), features.amax(1)], dim=1)
        beside = whole[:, None].expand(-1, features.shape[1], -1)
        places = self.place(torch.cat([features, beside], dim=2))
        return torch.cat([self.line(whole)[:, None], places], dim=1)


def _stage(inputs: int, outputs: int, stride: tuple[int, int], size: int = 3) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def fits() -> bool:
    """Whether the strides lead from the strip's columns to the output's."""
    return WIDTH // COLUMNS == 8 and HEIGHT // 16 == 3

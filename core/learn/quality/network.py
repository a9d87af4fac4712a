"""The network that names troubles: small perceptrons and convolutions over the features of a strip."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.quality.features import LOCAL, WHOLE
from core.quality.kinds import LEARNT

_TOLD = 24
"""Numbers that the line's part hands to the places' part, besides the kinds."""


@dataclass(frozen=True)
class QualityNetworkConfig:
    """Shape of the network.

    Attributes:
        first: neurons of the line's first layer.
        second: of its second layer.
        places: channels along the line.
    """

    first: int = 192
    second: int = 96
    places: int = 64


class QualityNetwork(nn.Module):
    """Features ``(n, 1 + columns, WHOLE)`` to ``(n, 1 + columns, 2 + kinds)``, see :mod:`core.quality.gauge`.

    Args:
        config: its shape.
    """

    def __init__(self, config: QualityNetworkConfig) -> None:
        super().__init__()
        kinds = len(LEARNT)
        # They only bring the features to one scale.
        self.whole, self.local = nn.BatchNorm1d(WHOLE, affine=False), nn.BatchNorm1d(LOCAL, affine=False)
        self.scan = nn.Sequential(
            nn.Conv1d(LOCAL, config.places, 5, padding=2), nn.ReLU(),
            nn.Conv1d(config.places, config.places, 5, padding=2), nn.ReLU(),
        )  # fmt: skip
        self.line = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(WHOLE + 2 * config.places, config.first), nn.ReLU(),
            nn.Dropout(0.25), nn.Linear(config.first, config.second), nn.ReLU(), nn.Dropout(0.15),
        )  # fmt: skip
        self.kind, self.tell = nn.Linear(config.second, 2 + kinds), nn.Linear(config.second, _TOLD)
        self.near = nn.Conv1d(LOCAL + 1 + kinds + _TOLD, config.places, 5, padding=2)
        self.wide = nn.Conv1d(config.places, config.places, 5, padding=2)
        self.place = nn.Conv1d(config.places, 2 + kinds, 1)

    def forward(self, features: Tensor) -> Tensor:
        local = self.local(features[:, 1:, :LOCAL].transpose(1, 2)).clamp(-4, 4)
        scanned = self.scan(local)
        seen = [self.whole(features[:, 0]).clamp(-4, 4), scanned.amax(2), scanned.mean(2)]
        hidden = self.line(torch.cat(seen, dim=1))
        kind = self.kind(hidden)
        told = torch.cat([kind[:, 1:].softmax(1), self.tell(hidden)], dim=1)
        along = torch.relu(
            self.near(torch.cat([local, told[:, :, None].expand(-1, -1, local.shape[2])], dim=1))
        )
        along = along + torch.relu(self.wide(along))
        return torch.cat([kind[:, None], self.place(along).transpose(1, 2)], dim=1)

"""The light CRAFT as it serves: the same numbers for less work.

The last layers double the resolution and look at 3 x 3 neighbours there, and what ONNX Runtime does for
three maps it does for sixteen. Told as four phases at the lower resolution (Shi et al., "Is the deconvolution
layer the same as a convolutional layer?", 2016) they need a 2 x 2 neighbourhood each, all at once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learn.craft.network import MAPS, CraftNetwork


class CraftServing(nn.Module):
    """Photos ``(n, 3, h, w)`` in -1..1 to probabilities ``(n, 3, h / 2, w / 2)``."""

    def __init__(self, network: CraftNetwork) -> None:
        super().__init__()
        self.network = network
        self.raise_ = _raising(network.raise_)
        self.head = _phases(network.head)

    def forward(self, photos: Tensor) -> Tensor:
        """Probabilities of the three maps."""
        raised = functional.relu(self.raise_(self.network.joined(photos)))
        return _interleaved(self.head(raised)).sigmoid()


def _raising(layer: nn.ConvTranspose2d) -> nn.Conv2d:
    """A transposed convolution of 2 x 2 and stride 2 as four phases: channels are (row, column, channel)."""
    raising = nn.Conv2d(layer.in_channels, 4 * layer.out_channels, 1)
    # The weights of a transposed convolution are (in, out, row, column).
    raising.weight.data = layer.weight.data.permute(2, 3, 1, 0).reshape(raising.weight.shape).clone()
    raising.bias.data = layer.bias.data.repeat(4)
    return raising


def _phases(layer: nn.Conv2d) -> nn.Conv2d:
    """A 3 x 3 convolution on those four phases: 2 x 2 of them, told as four phases again.

    A phase of the upper left looks at the cell before it, one of the lower right at the cell behind: with a
    border of one, the first finds its neighbourhood at its own place, the other one place further.
    """
    outputs, inputs = layer.out_channels, layer.in_channels
    weights = torch.zeros(2, 2, outputs, 2, 2, inputs, 2, 2)
    for row in (0, 1):
        for column in (0, 1):
            for down in (-1, 0, 1):
                for right in (-1, 0, 1):
                    (cell, phase), (next_cell, next_phase) = divmod(row + down, 2), divmod(column + right, 2)
                    place = cell + 1 - row, next_cell + 1 - column
                    weights[row, column, :, phase, next_phase, :, *place] = layer.weight.data[
                        :, :, down + 1, right + 1
                    ]
    phases = nn.Conv2d(4 * inputs, 4 * outputs, 2, padding=1)
    phases.weight.data = weights.reshape(phases.weight.shape)
    phases.bias.data = layer.bias.data.repeat(4)
    return phases


def _interleaved(phases: Tensor) -> Tensor:
    """Phases ``(n, 4 * maps, h + 1, w + 1)`` to maps of twice the size, ``(n, maps, 2 h, 2 w)``."""
    here, further = slice(0, -1), slice(1, None)
    upper_left, upper_right, lower_left, lower_right = phases.split(len(MAPS), dim=1)
    parts = [
        upper_left[..., here, here],
        upper_right[..., here, further],
        lower_left[..., further, here],
        lower_right[..., further, further],
    ]
    return functional.pixel_shuffle(torch.stack(parts, dim=2).flatten(1, 2), 2)

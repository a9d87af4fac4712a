"""Building blocks that both networks share: the stem and the mixers of an LCNet-like trunk.

Names and order follow PP-OCRv6's small networks, so that their weights can serve as a warm start.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Stem(nn.Module):
    """Quarter resolution; two branches as in PP-HGNet's stem.

    Args:
        inputs: channels of the picture.
        first: channels after the first convolution.
        last: channels of the output.
    """

    def __init__(self, inputs: int, first: int, last: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, first, 3, stride=2, padding=1)
        self.narrow = nn.Conv2d(first, first // 2, 2)
        self.widen = nn.Conv2d(first // 2, first, 2)
        self.join = nn.Conv2d(2 * first, first, 3, stride=2, padding=1)
        self.last = nn.Conv2d(first, last, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """``(n, inputs, h, w)`` to ``(n, last, h / 4, w / 4)``."""
        first = functional.relu(self.first(picture))
        # The original pads its even kernels and the pool right and bottom only (SAME_UPPER).
        branch = functional.relu(self.narrow(functional.pad(first, (0, 1, 0, 1))))
        branch = functional.relu(self.widen(functional.pad(branch, (0, 1, 0, 1))))
        pooled = functional.max_pool2d(functional.pad(first, (0, 1, 0, 1)), 2, stride=1)
        joined = functional.relu(self.join(torch.cat([pooled, branch], dim=1)))
        return functional.relu(self.last(joined))


def text_trunk(across: int) -> nn.Sequential:
    """What follows the stem in PP-OCRv6's small recogniser.

    Takes ``(n, 96, h, w)``, gives ``(n, 384, h / 4, w / across)``.

    Args:
        across: by how much the last stage divides the columns; 1 in the original.
    """
    return nn.Sequential(
        Mixer(96, excite=True),
        Mixer(96),
        Mixer(96),
        Halving(96, 192, (2, 1)),
        Mixer(192, excite=True),
        Mixer(192),
        Mixer(192, excite=True),
        Mixer(192),
        Mixer(192, excite=True),
        Mixer(192),
        Halving(192, 384, (2, across)),
        Mixer(384, excite=True),
        Mixer(384),
    )


class Mixer(nn.Module):
    """Depthwise 3 x 3 in space (with squeeze-and-excitation where asked), then a residual mix of channels."""

    def __init__(self, channels: int, excite: bool = False) -> None:
        super().__init__()
        self.space = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.excite = Excitation(channels) if excite else nn.Identity()
        self.up = nn.Conv2d(channels, 2 * channels, 1)
        self.down = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Shape stays."""
        mixed = self.excite(self.space(features))
        return mixed + self.down(functional.gelu(self.up(mixed)))


class Halving(nn.Module):
    """Fewer pixels (``stride`` rows, columns), more channels."""

    def __init__(self, before: int, after: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.space = nn.Conv2d(before, before, 3, stride=stride, padding=1, groups=before)
        self.up = nn.Conv2d(before, after, 1)
        self.down = nn.Conv2d(after, after, 1)

    def forward(self, features: Tensor) -> Tensor:
        """``(n, before, h, w)`` to ``(n, after, h / rows, w / columns)``."""
        return self.down(functional.gelu(self.up(self.space(features))))


class Excitation(nn.Module):
    """Squeeze-and-excitation (Hu et al., CVPR 2018) with a hard sigmoid of the given slope."""

    def __init__(self, channels: int, slope: float = 1 / 6) -> None:
        super().__init__()
        self.slope = slope
        self.squeeze = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Shape stays."""
        return features * self.gates(features)

    def gates(self, features: Tensor) -> Tensor:
        """How much of each channel is let through, ``(n, channels, 1, 1)``, 0..1."""
        pooled = functional.adaptive_avg_pool2d(features, 1)
        gates = self.expand(functional.relu(self.squeeze(pooled)))
        return functional.hardsigmoid(6 * self.slope * gates)

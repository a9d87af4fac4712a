"""The light CRAFT: a small convolutional U-Net, RGB in, three maps at half resolution out.

After Baek et al., "Character Region Awareness for Text Detection" (CVPR 2019), with a light trunk instead
of VGG-16 and a third map, *VIN text*, that tells the one row of a label that matters from all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

MAPS = ("region", "affinity", "vin")


@dataclass(frozen=True)
class CraftNetworkConfig:
    """Shape of the network.

    Attributes:
        channels: of the five levels, at 1/2 ... 1/32 of the input.
    """

    channels: tuple[int, int, int, int, int] = (16, 24, 48, 96, 128)


class CraftNetwork(nn.Module):
    """RGB ``(n, 3, h, w)`` in -1..1, sides multiples of 32 -> logits ``(n, 3, h / 2, w / 2)``."""

    def __init__(self, config: CraftNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or CraftNetworkConfig()
        c = self.config.channels
        self.stem = ConvNormAct(3, c[0], stride=2)
        self.down = nn.ModuleList(
            nn.Sequential(ConvNormAct(before, after, stride=2), *(Residual(after) for _ in range(depth)))
            for before, after, depth in zip(c[:-1], c[1:], (1, 2, 2, 2), strict=True)
        )
        pairs = zip(c[:0:-1], c[-2::-1], strict=True)
        # At half resolution a 3 x 3 mix would cost more than all deeper levels together.
        self.up = nn.ModuleList(Merge(deep, wide, 1 if wide == c[0] else 3) for deep, wide in pairs)
        self.last = ConvNormAct(c[0], c[0])
        self.head = nn.Conv2d(c[0], len(MAPS), 1)
        nn.init.constant_(self.head.bias, -3.0)  # nearly all of a photo is no text

    def forward(self, photos: Tensor) -> Tensor:
        levels = [self.stem(photos)]
        for stage in self.down:
            levels.append(stage(levels[-1]))
        features = levels.pop()
        for merge in self.up:
            features = merge(features, levels.pop())
        return self.head(self.last(features))


class ConvNormAct(nn.Module):
    """Convolution (3 x 3 unless told otherwise), batch norm, ReLU."""

    def __init__(self, before: int, after: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(self.norm(self.conv(features)))


class Residual(nn.Module):
    """Two 3 x 3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNormAct(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.norm(self.second(self.first(features))))


class Merge(nn.Module):
    """A deep level brought up to the one above and joined with it."""

    def __init__(self, deep: int, wide: int, kernel: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(deep, wide, 1)
        self.mix = ConvNormAct(2 * wide, wide, kernel=kernel)

    def forward(self, deep: Tensor, wide: Tensor) -> Tensor:
        raised = functional.interpolate(
            self.squeeze(deep), scale_factor=2.0, mode="bilinear", align_corners=False
        )
        return self.mix(torch.cat([raised, wide], dim=1))

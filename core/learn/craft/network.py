"""The light CRAFT: RGB in, three maps at half resolution out.

After Baek et al., "Character Region Awareness for Text Detection" (CVPR 2019), with a light trunk instead
of VGG-16 and a third map, *VIN text*, that tells the one row of a label that matters from all others. Trunk
and pyramid are laid out as in PP-OCRv6's small detector (LCNet-like trunk, RSE-FPN), which knows text
already and serves as a warm start (``warmstart.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learn.blocks import Excitation, Halving, Mixer, Stem

MAPS = ("region", "affinity", "vin")
_NECK_SLOPE = 0.2


@dataclass(frozen=True)
class CraftNetworkConfig:
    """Shape of the network.

    Attributes:
        channels: of the trunk's four levels, at 1/4 ... 1/32 of the input.
        neck: channels of the pyramid; a quarter of it goes into the maps.
    """

    channels: tuple[int, int, int, int] = (48, 96, 192, 384)
    neck: int = 96


class CraftNetwork(nn.Module):
    """RGB ``(n, 3, h, w)`` in -1..1, sides multiples of 32 -> logits ``(n, 3, h / 2, w / 2)``."""

    def __init__(self, config: CraftNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or CraftNetworkConfig()
        one, two, three, four = self.config.channels
        neck, narrow = self.config.neck, self.config.neck // 4
        self.stem = Stem(3, one // 2, one)
        self.trunk = nn.ModuleList(
            [
                nn.Sequential(Mixer(one, excite=True), Mixer(one)),
                nn.Sequential(Halving(one, two, (2, 2)), Mixer(two, excite=True), Mixer(two)),
                nn.Sequential(
                    Halving(two, three, (2, 2)),
                    Mixer(three, excite=True),
                    Mixer(three),
                    Mixer(three, excite=True),
                    Mixer(three),
                ),
                nn.Sequential(Halving(three, four, (2, 2)), Mixer(four, excite=True), Mixer(four)),
            ]
        )
        deep_first = (four, three, two, one)
        self.lateral = nn.ModuleList(
            Gated(nn.Conv2d(width, neck, 1, bias=False), neck) for width in deep_first
        )
        self.smooth = nn.ModuleList(Gated(Wide(neck, narrow), narrow) for _ in deep_first)
        self.join = nn.Conv2d(neck, narrow, 3, padding=1)
        self.raise_ = nn.ConvTranspose2d(narrow, narrow, 2, stride=2)
        self.head = nn.Conv2d(narrow, len(MAPS), 3, padding=1)
        nn.init.constant_(self.head.bias, -3.0)  # nearly all of a photo is no text

    def forward(self, photos: Tensor) -> Tensor:
        return self.head(functional.relu(self.raise_(self.joined(photos))))

    def joined(self, photos: Tensor) -> Tensor:
        """What all levels see together, ``(n, neck / 4, h / 4, w / 4)``."""
        features = self.stem(photos)
        levels: list[Tensor] = []
        for stage in self.trunk:
            features = stage(features)
            levels.insert(0, features)
        pyramid = [lateral(level) for lateral, level in zip(self.lateral, levels, strict=True)]
        for index in range(1, len(pyramid)):
            above = functional.interpolate(pyramid[index - 1], scale_factor=2.0, mode="nearest")
            pyramid[index] = pyramid[index] + above
        smooth = [layer(level) for layer, level in zip(self.smooth, pyramid, strict=True)]
        raised = [
            functional.interpolate(level, scale_factor=float(factor), mode="nearest") if factor > 1 else level
            for level, factor in zip(smooth, (8, 4, 2, 1), strict=True)
        ]
        return functional.relu(self.join(torch.cat(raised, dim=1)))


class Gated(nn.Module):
    """A layer plus its own squeeze-and-excitation (RSE)."""

    def __init__(self, layer: nn.Module, channels: int) -> None:
        super().__init__()
        self.layer = layer
        self.excite = Excitation(channels, _NECK_SLOPE)

    def forward(self, features: Tensor) -> Tensor:
        seen = self.layer(features)
        return seen * (1 + self.excite.gates(seen))


class Wide(nn.Sequential):
    """Depthwise 7 x 7, then fewer channels."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, before, 7, padding=3, groups=before), nn.Conv2d(before, after, 1, bias=False)
        )

"""The YOLO reader's network: a 960 x 32 strip seen as 30 cells with 8 anchors each (YOLOv2, CVPR 2017).

A strip this wide is three times as wide as its text was, so the first convolution takes every fourth
column; from there plain residual convolutions lead to one feature column per cell. It shares neither
layers nor input with the CTC reader, so that their agreement means something.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from core.recognize.yolo import ANCHORS
from core.vin import ALPHABET

OUTPUTS = 3 + len(ALPHABET)
"""Per anchor: centre, width, objectness, classes."""


@dataclass(frozen=True)
class YoloNetworkConfig:
    """Shape of the network.

    Attributes:
        width: input columns, a multiple of 32.
        height: input rows, 32.
        channels: of the five resolutions, finest first.
        blocks: residual blocks at each of the middle three.
        anchors: how many anchor widths a cell has.
        dropout: on the last features while training.
    """

    width: int = 960
    height: int = 32
    channels: tuple[int, int, int, int, int] = (32, 64, 128, 224, 256)
    blocks: tuple[int, int, int] = (1, 2, 1)
    anchors: int = len(ANCHORS)
    dropout: float = 0.1


class YoloNetwork(nn.Module):
    """Grey strips ``(n, 1, 32, width)`` in -1..1 -> raw boxes ``(n, width / 32, anchors, 36)``.

    The last axis holds YOLOv2's ``tx``, ``tw`` and ``to``, then 33 class logits.
    """

    def __init__(self, config: YoloNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or YoloNetworkConfig()
        first, *middle, last = self.config.channels
        self.stem = ConvNormAct(1, first, (3, 7), (2, 4))
        stages: list[nn.Module] = []
        before = first
        for channels, count in zip(middle, self.config.blocks, strict=True):
            stages.append(ConvNormAct(before, channels, (3, 3), (2, 2)))
            stages.extend(Residual(channels, (3, 3)) for _ in range(count))
            before = channels
        self.trunk = nn.Sequential(*stages)
        self.collapse = ConvNormAct(before, last, (2, 1), (2, 1))
        self.along = Residual(last, (1, 3))
        self.dropout = nn.Dropout(self.config.dropout)
        self.head = nn.Conv2d(last, self.config.anchors * OUTPUTS, 1)

    def forward(self, strips: Tensor) -> Tensor:
        features = self.along(self.collapse(self.trunk(self.stem(strips))))
        raw = self.head(self.dropout(features)).squeeze(2).transpose(1, 2)
        return raw.unflatten(2, (self.config.anchors, OUTPUTS))


class ConvNormAct(nn.Module):
    """Convolution, batch norm, leaky ReLU (Darknet's block)."""

    def __init__(
        self, before: int, after: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2 if kernel[0] > 2 else 0, kernel[1] // 2)
        self.conv = nn.Conv2d(before, after, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, features: Tensor) -> Tensor:
        return functional.leaky_relu(self.norm(self.conv(features)), 0.1)


class Residual(nn.Module):
    """Two convolutions beside an identity (He et al., CVPR 2016)."""

    def __init__(self, channels: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.first = ConvNormAct(channels, channels, kernel)
        self.second = ConvNormAct(channels, channels, kernel)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.second(self.first(features))

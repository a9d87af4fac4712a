"""The YOLO reader's network: a 960 x 32 strip seen as 30 cells with 8 anchors each (YOLOv2, CVPR 2017).

A strip this wide is several times as wide as its text was: four columns are averaged first. Then comes the
trunk of a text recogniser (PP-OCRv6's, so that its weights can serve as a warm start) without the attention
behind it: a cell sees one or two characters on either side, no more. Input, head, loss and training are not
those of the CTC reader, which looks at the whole line at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from core.learn.blocks import Stem, text_trunk
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
        squeeze: columns averaged into one.
        channels: behind the trunk.
        anchors: how many anchor widths a cell has.
        dropout: on the last features while training.
    """

    width: int = 960
    height: int = 32
    squeeze: int = 4
    channels: int = 256
    anchors: int = len(ANCHORS)
    dropout: float = 0.1


class YoloNetwork(nn.Module):
    """Grey strips ``(n, 1, 32, width)`` in -1..1 -> raw boxes ``(n, width / 32, anchors, 36)``.

    The last axis holds YOLOv2's ``tx``, ``tw`` and ``to``, then 33 class logits.
    """

    def __init__(self, config: YoloNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or YoloNetworkConfig()
        self.stem = Stem(1, 48, 96)
        self.trunk = text_trunk(2)
        self.collapse = ConvNormAct(384, self.config.channels, (2, 1), (2, 1))
        self.along = Residual(self.config.channels, (1, 3))
        self.dropout = nn.Dropout(self.config.dropout)
        self.head = nn.Conv2d(self.config.channels, self.config.anchors * OUTPUTS, 1)

    def forward(self, strips: Tensor) -> Tensor:
        narrow = functional.avg_pool2d(strips, (1, self.config.squeeze))
        features = self.along(self.collapse(self.trunk(self.stem(narrow))))
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

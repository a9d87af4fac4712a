"""The CTC reader's network: a light convolutional trunk, two attention blocks, 33 characters + blank.

The layout is that of PP-OCRv6's small recogniser (LCNet-like trunk, SVTR neck; Apache-2.0), so that its
weights can serve as a warm start (see ``warmstart.py``); batch norms of the trunk are already folded there.
Input is grey, ``(n, 1, height, width)``, scaled to -1..1; the output has one frame per 8 columns. The
original reads 48 rows; at 32 rows its weights read nearly as well for two thirds of the work.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from core.learn.blocks import Stem, text_trunk
from core.vin import ALPHABET


@dataclass(frozen=True)
class CtcNetworkConfig:
    """Shape of the network.

    Attributes:
        width: input columns, a multiple of 8.
        height: input rows, a multiple of 16.
        early: columns are halved before the last two mixers; the original halves them behind.
        classes: characters plus blank; the blank is class 0.
        neck: channels of the neck.
        heads: attention heads.
        dropout: on the neck's output while training.
    """

    width: int = 320
    height: int = 32
    early: bool = True
    classes: int = len(ALPHABET) + 1
    neck: int = 120
    heads: int = 8
    dropout: float = 0.1


class CtcNetwork(nn.Module):
    """Grey strips ``(n, 1, height, width)`` in -1..1 -> logits ``(n, width / 8, 34)``, class 0 the blank."""

    def __init__(self, config: CtcNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or CtcNetworkConfig()
        across = 2 if self.config.early else 1
        neck = self.config.neck
        self.stem = Stem(1, 48, 96)
        self.trunk = text_trunk(across)
        self.pool = (self.config.height // 16, 2 // across)
        self.skip = ConvNormAct(384, neck)
        self.reduce = ConvNormAct(384, neck)
        self.along = ConvNormAct(neck, neck, kernel=7)
        self.blocks = nn.Sequential(*(Attention(neck, self.config.heads) for _ in range(2)))
        self.norm = nn.LayerNorm(neck, eps=1e-6)
        self.dropout = nn.Dropout(self.config.dropout)
        self.head = nn.Linear(neck, self.config.classes)

    def forward(self, strips: Tensor) -> Tensor:
        features = functional.avg_pool2d(self.trunk(self.stem(strips)), self.pool)
        reduced = self.reduce(features)
        tokens = (reduced + self.along(reduced)).squeeze(2).transpose(1, 2)
        tokens = self.norm(self.blocks(tokens)) + self.skip(features).squeeze(2).transpose(1, 2)
        return self.head(self.dropout(tokens))


class ConvNormAct(nn.Module):
    """Convolution along the line, batch norm, swish; pointwise unless a kernel is given."""

    def __init__(self, before: int, after: int, kernel: int = 1) -> None:
        super().__init__()
        groups = after if kernel > 1 else 1
        self.conv = nn.Conv2d(before, after, (1, kernel), padding=(0, kernel // 2), groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, features: Tensor) -> Tensor:
        return functional.silu(self.norm(self.conv(features)))


class Attention(nn.Module):
    """A pre-norm transformer block over the frames of the line."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(channels, eps=1e-5)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)
        self.norm_mix = nn.LayerNorm(channels, eps=1e-5)
        self.up = nn.Linear(channels, 2 * channels)
        self.down = nn.Linear(2 * channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, frames, channels = tokens.shape
        qkv = self.qkv(self.norm_attention(tokens))
        query, key, value = qkv.view(batch, frames, 3, self.heads, channels // self.heads).permute(
            2, 0, 3, 1, 4
        )
        attended = functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.project(attended.transpose(1, 2).reshape(batch, frames, channels))
        return tokens + self.down(functional.silu(self.up(self.norm_mix(tokens))))

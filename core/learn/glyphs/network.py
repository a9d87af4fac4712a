"""The network that looks at characters again: compares every two, and reads each beside the others."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.recognize.glyphs import HEIGHT, PAIRS, WIDTH
from core.vin import ALPHABET, LENGTH


@dataclass(frozen=True)
class GlyphNetworkConfig:
    """Shape of the network.

    Attributes:
        widths: channels of the four layers; each halves the resolution but the second and the last.
        numbers: that describe a character.
        hidden: neurons that compare two characters.
        rounds: how often every character looks at all others before it is read.
        heads: what it looks for at once.
    """

    widths: tuple[int, int, int, int] = (32, 32, 64, 96)
    numbers: int = 96
    hidden: int = 96
    rounds: int = 2
    heads: int = 4


class GlyphNetwork(nn.Module):
    """Cells ``(n, 17, 32, 24)``, 0..255, to ``(n, 136 + 17 * 33)``.

    First the logits that two characters are the same, then those of each slot's characters. A slot does not
    know its place in the line: what stands where in a VIN is for the rules to say, and only once.

    Args:
        config: its shape.
    """

    def __init__(self, config: GlyphNetworkConfig) -> None:
        super().__init__()
        self.numbers = config.numbers
        first, second, third, fourth = config.widths
        self.look = nn.Sequential(
            *_layer(1, first, 5, stride=2),
            *_layer(first, second), nn.MaxPool2d(2),
            *_layer(second, third), nn.MaxPool2d(2),
            *_layer(third, fourth), nn.Flatten(),
            nn.Linear(fourth * (HEIGHT // 8) * (WIDTH // 8), config.numbers),
        )  # fmt: skip
        self.compare = nn.Sequential(
            nn.Linear(3 * config.numbers, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 1)
        )
        self.beside = nn.Sequential(*(_Beside(config.numbers, config.heads) for _ in range(config.rounds)))
        self.read = nn.Sequential(nn.LayerNorm(config.numbers), nn.Linear(config.numbers, len(ALPHABET)))
        self.register_buffer("one", torch.from_numpy(PAIRS[0]), persistent=False)
        self.register_buffer("other", torch.from_numpy(PAIRS[1]), persistent=False)

    def forward(self, cells: Tensor) -> Tensor:
        # The light is that of the line, not of each character.
        mean = cells.mean((1, 2, 3), keepdim=True)
        spread = (cells - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
        even = (cells - mean) / (spread + 1.0)
        seen = self.look(even.reshape(-1, 1, HEIGHT, WIDTH)).reshape(-1, LENGTH, self.numbers)
        one, other = seen[:, self.one], seen[:, self.other]
        # Which of two comes first says nothing.
        both = torch.cat([(one - other).abs(), one + other, one * other], dim=2)
        read = self.read(self.beside(seen))
        return torch.cat([self.compare(both)[..., 0], read.flatten(1)], dim=1)


class _Beside(nn.Module):
    """Every character looks at all others of its line (Vaswani et al., 2017): they are of one font."""

    def __init__(self, numbers: int, heads: int) -> None:
        super().__init__()
        self.heads, self.each = heads, numbers // heads
        self.before, self.after = nn.LayerNorm(numbers), nn.LayerNorm(numbers)
        self.ask = nn.Linear(numbers, 3 * numbers)
        self.answer = nn.Linear(numbers, numbers)
        self.think = nn.Sequential(
            nn.Linear(numbers, 2 * numbers), nn.ReLU(), nn.Linear(2 * numbers, numbers)
        )

    def forward(self, seen: Tensor) -> Tensor:
        asked = (
            self.ask(self.before(seen)).reshape(-1, LENGTH, 3, self.heads, self.each).permute(2, 0, 3, 1, 4)
        )
        weights = (asked[0] @ asked[1].transpose(2, 3) / self.each**0.5).softmax(dim=3)
        found = (weights @ asked[2]).permute(0, 2, 1, 3).reshape(-1, LENGTH, self.heads * self.each)
        seen = seen + self.answer(found)
        return seen + self.think(self.after(seen))


def _layer(before: int, width: int, size: int = 3, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, width, size, stride=stride, padding=size // 2, bias=False)
    return [convolution, nn.BatchNorm2d(width), nn.ReLU()]

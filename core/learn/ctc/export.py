"""Export the CTC reader for serving."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.learn.ctc.network import CtcNetwork, CtcNetworkConfig
from core.learn.export import Provenance, export
from core.registry import Card

ORIGIN = "PP-OCRv6_rec_small (PaddleOCR authors, Apache-2.0) as carried by rapidocr 3.10.0"


class CtcServing(nn.Module):
    """The network with the logarithm of its softmax."""

    def __init__(self, network: CtcNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, strips: Tensor) -> Tensor:
        """Strips ``(n, 1, h, w)`` to log-probabilities ``(n, frames, 34)``."""
        return self.network(strips).log_softmax(2)


def export_ctc(weights: Path, folder: Path, made: Provenance) -> Card:
    """Write the serving files of trained weights (safetensors of a :class:`CtcNetwork`)."""
    shape = CtcNetworkConfig(**made.task.get("network", {}))
    network = CtcNetwork(shape)
    network.load_state_dict(load_file(weights))
    scratch = made.task.get("start", "scratch") == "scratch"
    card = made.card("ctc", (shape.height, shape.width), "" if scratch else ORIGIN)
    generator = torch.Generator().manual_seed(0)
    example = torch.randn(2, 1, shape.height, shape.width, generator=generator).clamp(-1, 1)
    return export(CtcServing(network).eval(), example, card, folder)

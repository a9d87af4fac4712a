"""Export the CTC reader for serving."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.learn.ctc.network import CtcNetwork, CtcNetworkConfig
from core.learn.export import export
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


def export_ctc(
    weights: Path,
    folder: Path,
    command: str,
    run: Path | None = None,
    data: str = "",
    metrics: dict[str, float] | None = None,
    settings: dict[str, float] | None = None,
) -> Card:
    """Write the serving files of trained weights.

    Args:
        weights: safetensors of a :class:`CtcNetwork`.
        folder: e.g. ``models/champion``.
        command: what repeats the run.
        run: run folder, for seed and configuration.
        data: what it was trained on.
        metrics: figures on ``val``.
        settings: calibration and thresholds.
    """
    config = json.loads((run / "config.json").read_text()) if run else {}
    shape = CtcNetworkConfig(**config.get("task", {}).get("network", {}))
    network = CtcNetwork(shape)
    network.load_state_dict(load_file(weights))
    start = config.get("task", {}).get("start", "")
    card = Card(
        name="ctc",
        sha256={},
        sizes={},
        input_size=(shape.height, shape.width),
        parameters=0,
        date="",
        command=command,
        seed=int(config.get("seed", 0)),
        data=data,
        metrics=metrics or {},
        settings=settings or {},
        origin=ORIGIN if start not in ("", "scratch") else "",
    )
    example = torch.randn(2, 1, shape.height, shape.width, generator=torch.Generator().manual_seed(0)).clamp(
        -1, 1
    )
    return export(CtcServing(network).eval(), example, card, folder)

"""Export the quality network for serving."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from core.learn.export import Provenance, export
from core.learn.quality.network import QualityNetwork, QualityNetworkConfig
from core.quality.view import HEIGHT, WIDTH
from core.registry import Card


def export_quality(weights: Path, folder: Path, made: Provenance) -> Card:
    """Write the serving files of trained weights (safetensors of a :class:`QualityNetwork`)."""
    shape = made.task.get("network", {})
    network = QualityNetwork(
        QualityNetworkConfig(tuple(shape["channels"])) if shape else QualityNetworkConfig()
    )
    network.load_state_dict(load_file(weights))
    card = made.card("quality", (HEIGHT, WIDTH))
    example = torch.randn(2, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    return export(network.eval(), example, card, folder)

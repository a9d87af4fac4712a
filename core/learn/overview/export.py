"""Export the network for whole photos."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from core.learn.export import Provenance, export
from core.learn.overview.network import OverviewNetwork, OverviewNetworkConfig
from core.quality.grid import CELLS, FEATURES
from core.registry import Card


def export_overview(weights: Path, folder: Path, made: Provenance) -> Card:
    """Write the serving files of trained weights (safetensors of an :class:`OverviewNetwork`)."""
    shape = made.task.get("network", {})
    config = OverviewNetworkConfig(tuple(shape["widths"]), shape["hidden"]) if shape else None
    network = OverviewNetwork(config or OverviewNetworkConfig())
    network.load_state_dict(load_file(weights))
    example = torch.randn(2, FEATURES, CELLS, CELLS, generator=torch.Generator().manual_seed(0))
    return export(network.eval(), example, made.card("overview", (CELLS, CELLS)), folder)

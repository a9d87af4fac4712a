"""Export the network that looks at characters again."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from core.learn.export import Provenance, export
from core.learn.glyphs.network import GlyphNetwork, GlyphNetworkConfig
from core.recognize.glyphs import HEIGHT, WIDTH
from core.registry import Card
from core.vin import LENGTH


def export_glyphs(weights: Path, folder: Path, made: Provenance) -> Card:
    """Write the serving files of trained weights (safetensors of an :class:`GlyphNetwork`)."""
    shape = made.task.get("network", {})
    config = (
        GlyphNetworkConfig(**shape | {"widths": tuple(shape["widths"])}) if shape else GlyphNetworkConfig()
    )
    network = GlyphNetwork(config)
    network.load_state_dict(load_file(weights))
    example = 255 * torch.rand(2, LENGTH, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    return export(network.eval(), example, made.card("glyphs", (HEIGHT, WIDTH)), folder)

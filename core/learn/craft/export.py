"""Export the light CRAFT for serving."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from core.learn.craft.network import CraftNetwork, CraftNetworkConfig
from core.learn.craft.serving import CraftServing
from core.learn.export import Provenance, export
from core.registry import Card

ORIGIN = "PP-OCRv6_det_small (PaddleOCR authors, Apache-2.0) as carried by rapidocr 3.10.0"


def export_craft(weights: Path, folder: Path, made: Provenance) -> Card:
    """Write the serving files of trained weights (safetensors of a :class:`CraftNetwork`)."""
    channels = made.task.get("network", {}).get("channels", CraftNetworkConfig.channels)
    network = CraftNetwork(CraftNetworkConfig(channels=tuple(channels)))
    network.load_state_dict(load_file(weights))
    scratch = made.task.get("start", "scratch") == "scratch"
    usual = {"side": float(made.task.get("side", 320)), "threshold": 0.55}
    card = made.card("craft", (0, 0), "" if scratch else ORIGIN, usual)
    example = torch.randn(1, 3, 128, 160, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    return export(CraftServing(network).eval(), example, card, folder, free=(0, 2, 3))

"""Export the YOLO reader for serving."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from core.learn.ctc.export import ORIGIN
from core.learn.export import Provenance, export
from core.learn.yolo.network import YoloNetwork, YoloNetworkConfig
from core.registry import Card


def export_yolo(weights: Path, folder: Path, made: Provenance) -> Card:
    """Write the serving files of trained weights (safetensors of a :class:`YoloNetwork`)."""
    shape = YoloNetworkConfig(**made.task.get("network", {}))
    network = YoloNetwork(shape)
    network.load_state_dict(load_file(weights))
    scratch = made.task.get("start", "scratch") == "scratch"
    card = made.card("yolo", (shape.height, shape.width), "" if scratch else ORIGIN)
    generator = torch.Generator().manual_seed(0)
    example = torch.randn(2, 1, shape.height, shape.width, generator=generator).clamp(-1, 1)
    return export(network.eval(), example, card, folder)

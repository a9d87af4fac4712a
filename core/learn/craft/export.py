"""Export the light CRAFT for serving."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.learn.craft.network import CraftNetwork, CraftNetworkConfig
from core.learn.export import export
from core.registry import Card

ORIGIN = "PP-OCRv6_det_small (PaddleOCR authors, Apache-2.0) as carried by rapidocr 3.10.0"


class CraftServing(nn.Module):
    """The network with a sigmoid."""

    def __init__(self, network: CraftNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Tensor:
        """Photos ``(n, 3, h, w)`` to probabilities ``(n, 3, h / 2, w / 2)``."""
        return self.network(photos).sigmoid()


def export_craft(
    weights: Path,
    folder: Path,
    command: str,
    run: Path | None = None,
    data: str = "",
    metrics: dict[str, float] | None = None,
    settings: dict[str, float] | None = None,
) -> Card:
    """Write the serving files of trained weights; arguments as for ``export_ctc``."""
    config = json.loads((run / "config.json").read_text()) if run else {}
    task = config.get("task", {})
    channels = task.get("network", {}).get("channels", CraftNetworkConfig.channels)
    network = CraftNetwork(CraftNetworkConfig(channels=tuple(channels)))
    network.load_state_dict(load_file(weights))
    card = Card(
        name="craft",
        sha256={},
        sizes={},
        input_size=(0, 0),
        parameters=0,
        date="",
        command=command,
        seed=int(config.get("seed", 0)),
        data=data,
        metrics=metrics or {},
        origin=ORIGIN if task.get("start") == "rapidocr" else "",
        settings={"side": float(task.get("side", 320)), "threshold": 0.55} | (settings or {}),
    )
    example = torch.randn(1, 3, 128, 160, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    return export(CraftServing(network).eval(), example, card, folder, free=(0, 2, 3))

"""Torch to ONNX: weights rounded to half precision, opset 17, a free batch, parity checked at once."""

from __future__ import annotations

import datetime
import hashlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from core import registry
from core.learn.loop import save_weights
from core.registry import Card, write_card

OPSET = 17
TOLERANCE = 1e-3
"""Largest difference between torch and ONNX Runtime that is taken for rounding."""


@dataclass(frozen=True)
class Provenance:
    """Where weights come from, for their card.

    Attributes:
        command: what repeats the run.
        run: its folder, for seed and configuration.
        data: what it was trained on.
        metrics: figures on ``val``.
        settings: calibration and thresholds.
    """

    command: str
    run: Path | None = None
    data: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    settings: dict[str, float] = field(default_factory=dict)

    @property
    def config(self) -> dict[str, Any]:
        """The run's configuration; empty where there is no run."""
        return json.loads((self.run / "config.json").read_text()) if self.run else {}

    @property
    def task(self) -> dict[str, Any]:
        """The task's part of it."""
        return self.config.get("task", {})

    def card(
        self,
        name: str,
        input_size: tuple[int, int],
        origin: str = "",
        settings: dict[str, float] | None = None,
    ) -> Card:
        """A card that lacks what only the files know: hashes, sizes, parameters, date."""
        return Card(
            name=name,
            sha256={},
            sizes={},
            input_size=input_size,
            parameters=0,
            date="",
            command=self.command,
            seed=int(self.config.get("seed", 0)),
            data=self.data,
            metrics=self.metrics,
            settings=(settings or {}) | self.settings,
            origin=origin,
        )


class ParityError(RuntimeError):
    """The exported network computes something else."""


def export(
    network: nn.Module,
    example: torch.Tensor,
    card: Card,
    folder: Path,
    free: Sequence[int] = (0,),
) -> Card:
    """Write ``<name>.onnx``, ``<name>.safetensors`` and ``<name>.json``.

    Args:
        network: in evaluation mode, one input, one output.
        example: an input.
        card: everything but hashes, sizes, parameters and date.
        folder: made if need be.
        free: axes of the input that may change.

    Returns:
        The card as written.

    Raises:
        ParityError: outputs differ by more than :data:`TOLERANCE`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Thousands of tiny steps: two threads that wait for one another on a busy machine take minutes for them.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _written(network, example, card, folder, free)
    finally:
        torch.set_num_threads(threads)


def _written(
    network: nn.Module, example: torch.Tensor, card: Card, folder: Path, free: Sequence[int]
) -> Card:
    network = network.eval().to(memory_format=torch.contiguous_format)
    _round(network)
    onnx_path, weights_path = folder / f"{card.name}.onnx", folder / f"{card.name}.safetensors"
    names = {axis: f"axis{axis}" for axis in free}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(onnx_path),
            input_names=["input"],
            output_names=["output"],
            opset_version=OPSET,
            dynamo=False,
            # Batch norms stay apart from the convolutions, whose weights are half-precision numbers still;
            # ONNX Runtime joins them when it loads the network.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            dynamic_axes={"input": names, "output": names},
        )
    _strip(onnx_path)
    _halve(onnx_path)
    _check(network, example, onnx_path)
    inner = getattr(network, "network", network)
    save_weights(inner, weights_path, half=True)
    files = [onnx_path, weights_path]
    complete = Card(
        **{
            **card.__dict__,
            "sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
            "sizes": {path.name: path.stat().st_size for path in files},
            "parameters": sum(parameter.numel() for parameter in inner.parameters()),
            "date": datetime.date.today().isoformat(),
        }
    )
    write_card(complete, folder)
    return complete


def _round(network: nn.Module) -> None:
    """To the nearest half-precision numbers, so that the small safetensors file and the ONNX file agree."""
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_floating_point():
            tensor.data = tensor.data.half().float()


def _strip(path: Path) -> None:
    """Drop what an exporter notes about the machine it ran on."""
    model = onnx.load(path)
    model.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.save(model, path)


def _halve(path: Path) -> None:
    """Store the weights in half precision with a cast behind each: half the file, the same numbers.

    They were rounded before; ONNX Runtime undoes the casts once, when it loads the network.
    """
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            continue
        name = tensor.name
        numbers = numpy_helper.to_array(tensor)
        if not np.array_equal(numbers, numbers.astype(np.float16)):
            continue
        halved = numpy_helper.from_array(numbers.astype(np.float16), f"{name}.half")
        tensor.CopyFrom(halved)
        casts.append(
            onnx.helper.make_node("Cast", [halved.name], [name], f"{name}.cast", to=onnx.TensorProto.FLOAT)
        )
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.save(model, path)


def _check(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    with torch.inference_mode():
        ours = network(example).numpy()
    session = registry.session(path)
    theirs = session.run(None, {"input": example.numpy()})[0]
    apart = float(np.abs(ours - theirs).max())
    if apart > TOLERANCE:
        raise ParityError(f"{path.name} differs from torch by {apart:.2g}")

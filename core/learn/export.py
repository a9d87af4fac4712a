"""Torch to ONNX: weights rounded to half precision, opset 17, a free batch, parity checked at once."""

from __future__ import annotations

import datetime
import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from core.learn.loop import save_weights
from core.registry import Card, write_card

OPSET = 17
TOLERANCE = 1e-3
"""Largest difference between torch and ONNX Runtime that is taken for rounding."""


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
            dynamic_axes={"input": names, "output": names},
        )
    _strip(onnx_path)
    _check(network, example, onnx_path)
    inner = getattr(network, "network", network)
    save_weights(inner, weights_path, half=True)
    files = [onnx_path, weights_path]
    complete = Card(
        **{
            **card.__dict__,
            "sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
            "sizes": {path.name: path.stat().st_size for path in files},
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
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


def _check(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    with torch.inference_mode():
        ours = network(example).numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"input": example.numpy()})[0]
    apart = float(np.abs(ours - theirs).max())
    if apart > TOLERANCE:
        raise ParityError(f"{path.name} differs from torch by {apart:.2g}")

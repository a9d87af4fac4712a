"""Warm starts from the networks that the PyPI package ``rapidocr`` carries (PP-OCRv6 small, Apache-2.0).

The files are ONNX; their weights stand in the graph in the order of the layers, which is how they are
matched here: every shape must agree. See ``NOTICE`` for origin and licence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

SHA256 = {
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
}
"""Of the files as rapidocr 3.10.0 carries them."""


class WarmStartError(ValueError):
    """A file is missing, or is not the network that this code knows."""


class Donor:
    """A stored network whose weights are copied out.

    Attributes:
        model: the ONNX graph.
        arrays: its weights by name.
    """

    def __init__(self, name: str) -> None:
        """Open a file of the installed ``rapidocr``.

        Raises:
            WarmStartError: the package or file is missing, or the file's hash is another.
        """
        found = find_spec("rapidocr")
        if found is None or found.origin is None:
            raise WarmStartError("rapidocr is not installed; `make warmstart` brings it")
        path = Path(found.origin).parent / "models" / name
        if not path.is_file():
            raise WarmStartError(
                f"{path.name} is not in the installed rapidocr; `make warmstart` brings the right one"
            )
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if digest != SHA256[name]:
            raise WarmStartError(
                f"{name} has sha256 {digest[:16]}..., not the {SHA256[name][:16]}... known here"
            )
        self.model = onnx.load_model_from_string(data)
        self.arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in self.model.graph.initializer}

    def convolutions(self) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """Weight and bias of every convolution (transposed ones too), in the order of the graph."""
        nodes = list(self.model.graph.node)
        renamed = {node.output[0]: node.input[0] for node in nodes if node.op_type == "Identity"}
        biases = {
            renamed.get(node.input[0], node.input[0]): self.arrays[node.input[1]]
            for node in nodes
            if node.op_type == "Add" and node.input[1] in self.arrays
        }
        kinds = ("Conv", "ConvTranspose")
        return [(self.arrays[n.input[1]], biases.get(n.output[0])) for n in nodes if n.op_type in kinds]


def convolutions(*modules: nn.Module) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    """All convolutions of some modules, in the order in which they were defined."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return [layer for module in modules for layer in module.modules() if isinstance(layer, kinds)]


def copy_convolutions(
    layers: Sequence[nn.Conv2d | nn.ConvTranspose2d], stored: Sequence[tuple[np.ndarray, np.ndarray | None]]
) -> None:
    """Copy weights and biases in order.

    Raises:
        WarmStartError: counts or shapes differ.
    """
    if len(layers) != len(stored):
        raise WarmStartError(f"{len(stored)} convolutions in the file, {len(layers)} in the network")
    for layer, (weight, bias) in zip(layers, stored, strict=True):
        copy(layer.weight, weight)
        if layer.bias is not None:
            if bias is None:
                raise WarmStartError("a convolution of the file lacks its bias")
            copy(layer.bias, bias.reshape(-1))


def copy(target: torch.Tensor, source: np.ndarray) -> None:
    """Fill a tensor in place.

    Raises:
        WarmStartError: shapes differ.
    """
    if tuple(target.shape) != source.shape:
        raise WarmStartError(f"a layer has shape {source.shape} in the file, {tuple(target.shape)} here")
    with torch.no_grad():
        target.copy_(torch.from_numpy(np.array(source, order="C")))

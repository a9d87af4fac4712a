"""Warm start of the CTC reader from PP-OCRv6's small recogniser.

The ONNX file comes inside the PyPI package ``rapidocr`` (``requirements-warmstart.txt``; Apache-2.0, see
``NOTICE``). Its weights stand in the graph in the order of the layers, which is how they are matched here:
shapes must agree one by one. Only the rows of the 33 VIN characters and the blank are kept of its head,
and the colour stem is summed to a grey one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from core.learn.ctc.network import CtcNetwork
from core.vin import ALPHABET

SHA256 = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
"""Of ``PP-OCRv6_rec_small.onnx`` as rapidocr 3.10.0 carries it."""


class WarmStartError(ValueError):
    """The file is not the network that this code knows."""


def load_warm_start(network: CtcNetwork, path: Path) -> None:
    """Copy the recogniser's weights into ``network``, in place.

    Args:
        network: a fresh CTC reader.
        path: ``PP-OCRv6_rec_small.onnx``.

    Raises:
        WarmStartError: the file is missing, has another hash, or its layers do not match.
    """
    if not path.is_file():
        raise WarmStartError(f"{path} is not there; pip install -r requirements-warmstart.txt brings it")
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise WarmStartError(f"{path} has sha256 {digest[:16]}..., not the {SHA256[:16]}... this code knows")
    model = onnx.load_model_from_string(data)
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    _copy_convolutions(network, model, arrays)
    _copy_neck(network, model, arrays)
    _copy_head(network, model, arrays)


def packaged_recogniser() -> Path:
    """Where the installed ``rapidocr`` keeps the recogniser.

    Raises:
        WarmStartError: the package is not installed.
    """
    from importlib.util import find_spec

    found = find_spec("rapidocr")
    if found is None or found.origin is None:
        raise WarmStartError("rapidocr is not installed; pip install -r requirements-warmstart.txt brings it")
    return Path(found.origin).parent / "models" / "PP-OCRv6_rec_small.onnx"


def _copy_convolutions(network: CtcNetwork, model: onnx.ModelProto, arrays: dict[str, np.ndarray]) -> None:
    nodes = list(model.graph.node)
    biases = {
        node.input[0]: arrays[node.input[1]]
        for node in nodes
        if node.op_type == "Add" and node.input[1] in arrays
    }
    stored = [(arrays[node.input[1]], biases.get(node.output[0])) for node in nodes if node.op_type == "Conv"]
    wanted = [*_convolutions(network.stem), *_convolutions(network.trunk)]
    wanted += [network.skip.conv, network.reduce.conv, network.along.conv]
    if len(stored) != len(wanted):
        raise WarmStartError(f"{len(stored)} convolutions in the file, {len(wanted)} in the network")
    for layer, (weight, bias) in zip(wanted, stored, strict=True):
        if layer is network.stem.first:
            # BGR in, scaled to -1..1 as here: a grey picture excites the sum of the three.
            weight = weight.sum(axis=1, keepdims=True)
        _copy(layer.weight, weight)
        if layer.bias is not None:
            if bias is None:
                raise WarmStartError("a convolution of the file lacks its bias")
            _copy(layer.bias, bias.reshape(-1))


def _copy_neck(network: CtcNetwork, model: onnx.ModelProto, arrays: dict[str, np.ndarray]) -> None:
    norms = [node for node in model.graph.node if node.op_type == "BatchNormalization"]
    for block, node in zip((network.skip, network.reduce, network.along), norms, strict=True):
        scale, shift, mean, variance = (arrays[name] for name in node.input[1:])
        _copy(block.norm.weight, scale)
        _copy(block.norm.bias, shift)
        _copy(block.norm.running_mean, mean)
        _copy(block.norm.running_var, variance)
    linear = 0
    for block in network.blocks:
        for layer in (block.qkv, block.project, block.up, block.down):
            _copy(layer.weight, arrays[f"linear_{linear}.w_0"].T)
            _copy(layer.bias, arrays[f"linear_{linear}.b_0"])
            linear += 1
    layer_norms = [network.blocks[0].norm_attention, network.blocks[0].norm_mix]
    layer_norms += [network.blocks[1].norm_attention, network.blocks[1].norm_mix, network.norm]
    for index, norm in enumerate(layer_norms):
        _copy(norm.weight, arrays[f"helper.reshape.{2 * index}"])
        _copy(norm.bias, arrays[f"helper.reshape.{2 * index + 1}"])


def _copy_head(network: CtcNetwork, model: onnx.ModelProto, arrays: dict[str, np.ndarray]) -> None:
    dictionary = next(entry.value for entry in model.metadata_props if entry.key == "character").split("\n")
    rows = [0] + [dictionary.index(character) + 1 for character in ALPHABET]
    _copy(network.head.weight, arrays["linear_8.w_0"].T[rows])
    _copy(network.head.bias, arrays["linear_8.b_0"][rows])


def _convolutions(module: torch.nn.Module) -> list[torch.nn.Conv2d]:
    return [layer for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)]


def _copy(target: torch.Tensor, source: np.ndarray) -> None:
    if tuple(target.shape) != source.shape:
        raise WarmStartError(f"a layer has shape {source.shape} in the file, {tuple(target.shape)} here")
    with torch.no_grad():
        target.copy_(torch.from_numpy(np.array(source, order="C")))

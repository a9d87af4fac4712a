"""Warm start of the CTC reader from PP-OCRv6's small recogniser.

Only the rows of the 33 VIN characters and the blank are kept of its head, and the colour stem is summed to
a grey one.
"""

from __future__ import annotations

from core.learn.ctc.network import CtcNetwork
from core.learn.warmstart import Donor, convolutions, copy, copy_convolutions
from core.vin import ALPHABET

FILE = "PP-OCRv6_rec_small.onnx"


def load_warm_start(network: CtcNetwork) -> None:
    """Copy the recogniser's weights into ``network``, in place.

    Raises:
        WarmStartError: see :mod:`core.learn.warmstart`.
    """
    donor = Donor(FILE)
    stored = donor.convolutions()
    first, bias = stored[0]
    # The three channels are scaled alike: a grey picture excites the sum of them.
    stored[0] = first.sum(axis=1, keepdims=True), bias
    layers = convolutions(network.stem, network.trunk)
    copy_convolutions([*layers, network.skip.conv, network.reduce.conv, network.along.conv], stored)
    _copy_neck(network, donor)
    _copy_head(network, donor)


def _copy_neck(network: CtcNetwork, donor: Donor) -> None:
    arrays = donor.arrays
    norms = [node for node in donor.model.graph.node if node.op_type == "BatchNormalization"]
    for block, node in zip((network.skip, network.reduce, network.along), norms, strict=True):
        scale, shift, mean, variance = (arrays[name] for name in node.input[1:])
        copy(block.norm.weight, scale)
        copy(block.norm.bias, shift)
        copy(block.norm.running_mean, mean)
        copy(block.norm.running_var, variance)
    linear = 0
    for block in network.blocks:
        for layer in (block.qkv, block.project, block.up, block.down):
            copy(layer.weight, arrays[f"linear_{linear}.w_0"].T)
            copy(layer.bias, arrays[f"linear_{linear}.b_0"])
            linear += 1
    norms_of_layers = [norm for block in network.blocks for norm in (block.norm_attention, block.norm_mix)]
    for index, norm in enumerate([*norms_of_layers, network.norm]):
        copy(norm.weight, arrays[f"helper.reshape.{2 * index}"])
        copy(norm.bias, arrays[f"helper.reshape.{2 * index + 1}"])


def _copy_head(network: CtcNetwork, donor: Donor) -> None:
    dictionary = next(e.value for e in donor.model.metadata_props if e.key == "character").split("\n")
    rows = [0] + [dictionary.index(character) + 1 for character in ALPHABET]
    copy(network.head.weight, donor.arrays["linear_8.w_0"].T[rows])
    copy(network.head.bias, donor.arrays["linear_8.b_0"][rows])

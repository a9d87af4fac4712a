"""The rebuilt networks compute what the donors compute; needs `make warmstart`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from core import registry
from core.learn.craft.network import CraftNetwork
from core.learn.craft.warmstart import load_warm_start as warm_craft
from core.learn.ctc.network import CtcNetwork, CtcNetworkConfig
from core.learn.ctc.warmstart import load_warm_start as warm_ctc
from core.learn.warmstart import SHA256, Donor, WarmStartError, copy
from core.vin import ALPHABET

needs_rapidocr = pytest.mark.skipif(
    find_spec("rapidocr") is None, reason="rapidocr is not installed (`make warmstart` brings it)"
)


def donor_path(name: str) -> Path:
    found = find_spec("rapidocr")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "models" / name


@needs_rapidocr
def test_the_ctc_network_gives_the_recognisers_probabilities() -> None:
    network = CtcNetwork(CtcNetworkConfig(height=48, early=False)).eval()
    warm_ctc(network)
    strips = np.random.default_rng(0).uniform(-1, 1, (2, 1, 48, 320)).astype(np.float32)
    path = donor_path("PP-OCRv6_rec_small.onnx")
    theirs = registry.session(path).run(None, {"x": strips.repeat(3, axis=1)})[0]
    dictionary = next(e.value for e in onnx.load(path).metadata_props if e.key == "character").split("\n")
    theirs = theirs[..., [0] + [dictionary.index(character) + 1 for character in ALPHABET]]
    theirs /= theirs.sum(axis=2, keepdims=True)
    with torch.inference_mode():
        ours = network(torch.from_numpy(strips)).softmax(2).numpy()
    assert np.abs(ours - theirs).max() < 1e-4


@needs_rapidocr
def test_the_craft_network_gives_the_detectors_last_features() -> None:
    network = CraftNetwork().eval()
    warm_craft(network)
    photos = np.random.default_rng(0).uniform(-1, 1, (1, 3, 96, 128)).astype(np.float32)
    model = onnx.load(donor_path("PP-OCRv6_det_small.onnx"))
    last = [node.output[0] for node in model.graph.node if node.op_type == "Relu"][-1]
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(last))
    session = registry.session(model.SerializeToString())
    theirs = session.run([last], {session.get_inputs()[0].name: photos[:, ::-1].copy()})[0]
    seen = []
    network.raise_.register_forward_hook(lambda _module, _input, output: seen.append(torch.relu(output)))
    with torch.inference_mode():
        network(torch.from_numpy(photos))
    assert np.abs(seen[0].numpy() - theirs).max() < 1e-3


@needs_rapidocr
def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHA256, "PP-OCRv6_rec_small.onnx", "0" * 64)
    with pytest.raises(WarmStartError, match="sha256"):
        Donor("PP-OCRv6_rec_small.onnx")


def test_shapes_must_agree() -> None:
    with pytest.raises(WarmStartError, match="shape"):
        copy(torch.zeros(2, 3), np.zeros((3, 2), np.float32))

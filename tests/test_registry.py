"""Models are loaded only when card and file agree, and the exported networks compute what torch does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core import registry
from core.learn.craft.network import CraftNetwork
from core.learn.craft.serving import CraftServing
from core.learn.ctc.export import CtcServing
from core.learn.ctc.network import CtcNetwork
from core.learn.yolo.network import YoloNetwork
from core.registry import ModelError, load, load_card

NAMES = ("craft", "ctc", "yolo")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "champion"
    shutil.copytree(registry.CHAMPION, folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_champions_load_and_name_their_origin(name: str) -> None:
    card = load(name).card
    assert card.parameters > 0 and card.command and card.data and card.metrics
    assert len(card.fingerprint) == 8
    for file, size in card.sizes.items():
        assert (registry.CHAMPION / file).stat().st_size == size


def test_every_weight_file_is_named_by_a_card() -> None:
    named = {
        file for name in (*NAMES, "quality", "overview", "glyphs", "prior") for file in load_card(name).sha256
    }
    stored = {path.name for path in registry.CHAMPION.iterdir() if path.suffix != ".json"}
    assert stored == named


def test_a_damaged_network_is_refused_and_the_way_back_told(copy: Path) -> None:
    path = copy / "ctc.onnx"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"damaged.*VIN_DESK_MODELS"):
        load("ctc", copy)


def test_missing_and_broken_files_say_what_is_wrong(copy: Path) -> None:
    (copy / "ctc.onnx").unlink()
    with pytest.raises(ModelError, match=r"ctc\.onnx cannot be read"):
        load("ctc", copy)
    (copy / "craft.json").write_text("{")
    with pytest.raises(ModelError, match="not a model card"):
        load("craft", copy)
    (copy / "craft.json").unlink()
    with pytest.raises(ModelError, match="missing"):
        load("craft", copy)


def test_a_card_that_cannot_be_written_leaves_the_old_one(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (copy / "ctc.json").read_bytes()
    card = registry.load_card("ctc", copy)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("core.disk.os.replace", full)
    with pytest.raises(OSError, match="no space"):
        registry.write_card(card, copy)
    assert (copy / "ctc.json").read_bytes() == before


def test_a_card_of_another_network_is_refused(copy: Path) -> None:
    entries = json.loads((copy / "ctc.json").read_text())
    entries["sha256"]["ctc.onnx"] = "0" * 64
    (copy / "ctc.json").write_text(json.dumps(entries))
    with pytest.raises(ModelError, match="sha256"):
        load("ctc", copy)


def test_the_ctc_reader_computes_the_same_in_torch_and_onnx() -> None:
    network = CtcNetwork()
    network.load_state_dict(load_file(registry.CHAMPION / "ctc.safetensors"))
    strips = np.random.default_rng(0).uniform(-1, 1, (3, 1, 32, 320)).astype(np.float32)
    with torch.inference_mode():
        ours = CtcServing(network).eval()(torch.from_numpy(strips)).numpy()
    assert np.abs(ours - load("ctc").run(strips)[0]).max() < 1e-3


def test_the_yolo_reader_computes_the_same_in_torch_and_onnx() -> None:
    network = YoloNetwork()
    network.load_state_dict(load_file(registry.CHAMPION / "yolo.safetensors"))
    strips = np.random.default_rng(0).uniform(-1, 1, (3, 1, 32, 960)).astype(np.float32)
    with torch.inference_mode():
        ours = network.eval()(torch.from_numpy(strips)).numpy()
    assert np.abs(ours - load("yolo").run(strips)[0]).max() < 1e-2


def test_the_detector_computes_the_same_in_torch_and_onnx() -> None:
    network = CraftNetwork()
    network.load_state_dict(load_file(registry.CHAMPION / "craft.safetensors"))
    photos = np.random.default_rng(0).uniform(-1, 1, (1, 3, 160, 224)).astype(np.float32)
    with torch.inference_mode():
        # The network as it is trained: what serves is laid out differently.
        ours = network.eval()(torch.from_numpy(photos)).sigmoid().numpy()
    assert np.abs(ours - load("craft").run(photos)[0]).max() < 1e-5


def test_one_pool_of_threads_is_shared_however_often_the_module_is_imported() -> None:
    load("quality")
    registry._share_threads.cache_clear()
    registry._share_threads()
    assert load("quality").run(np.zeros((1, 41, 156), np.float32))[0].shape == (1, 41, 13)


@pytest.mark.parametrize("count", ["two", "-1", "2.5"])
def test_a_mistyped_number_of_threads_is_no_fault_of_the_network(
    monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    monkeypatch.setenv("VIN_DESK_THREADS", count)
    registry._share_threads.cache_clear()
    registry._load.cache_clear()
    try:
        with pytest.raises(registry.ModelError, match="VIN_DESK_THREADS") as caught:
            load("quality")
        assert "git checkout" not in str(caught.value)
    finally:
        monkeypatch.delenv("VIN_DESK_THREADS")
        registry._share_threads()


def test_the_serving_layout_of_the_detector_gives_what_was_trained() -> None:
    torch.manual_seed(0)
    network = CraftNetwork().eval()
    photos = torch.randn(2, 3, 96, 64)
    with torch.inference_mode():
        assert (CraftServing(network)(photos) - network(photos).sigmoid()).abs().max() < 1e-5

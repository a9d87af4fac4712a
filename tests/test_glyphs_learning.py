"""How the network that looks at characters learns: lines, drawn and real, and which pairs count."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core import registry
from core.cli import main
from core.geometry import Quad
from core.learn.crops import LabelledPhoto
from core.learn.export import Provenance
from core.learn.glyphs.data import RealLine, drawn_lines, real_line
from core.learn.glyphs.export import export_glyphs
from core.learn.glyphs.network import GlyphNetwork, GlyphNetworkConfig
from core.learn.glyphs.train import UNLIKE, GlyphTask, GlyphTrainConfig
from core.learn.loop import save_weights
from core.panel import Panel
from core.recognize.ctc import CtcReader
from core.recognize.glyphs import HEIGHT, PAIRS, STRIP, WIDTH, Glyphs
from core.recognize.yolo import YoloReader
from core.synth.strips import StripConfig, synthetic_strip
from core.vin import ALPHABET, LENGTH

SMALL = GlyphNetworkConfig((8, 8, 16, 16), 16, 16)


def codes(text: str) -> np.ndarray:
    return np.array([ALPHABET.index(character) for character in text], np.uint8)


def test_drawn_lines_are_cells_and_their_characters() -> None:
    shown, meant = drawn_lines(np.random.default_rng(9), 5)
    assert shown.shape == (5, LENGTH, HEIGHT, WIDTH) and shown.dtype == np.uint8
    assert meant.shape == (5, LENGTH) and meant.max() < len(ALPHABET)
    again = drawn_lines(np.random.default_rng(9), 5)
    assert np.array_equal(shown, again[0]) and np.array_equal(meant, again[1])


def test_a_real_line_is_photographed_again_each_time() -> None:
    """Its cells keep their characters in the middle, wherever the line was moved."""
    grey = np.full(STRIP[::-1], 40, np.uint8)
    centres = np.linspace(24, 296, LENGTH)
    for middle in centres:
        grey[12:36, round(middle) - 2 : round(middle) + 3] = 220
    line = RealLine(grey, centres, "1M8GDM9AXKP042788")
    shown, meant = drawn_lines(np.random.default_rng(2), 60, [line])
    mine = shown[(meant == codes(line.text)).all(axis=1)]
    assert 10 < len(mine) < 35
    middle = mine[:, :, HEIGHT // 2].astype(float)
    contrast = np.abs(middle - np.median(middle, axis=2, keepdims=True))
    place = (contrast * np.arange(WIDTH)).sum(axis=2) / contrast.sum(axis=2)
    assert np.abs(np.median(place, axis=1) - (WIDTH - 1) / 2).max() < 1.5
    assert np.unique(mine.reshape(len(mine), -1), axis=0).shape[0] == len(mine)


def test_half_of_the_lines_are_photos_of_plates_that_something_spoils() -> None:
    """Three of each plate; their cells keep the characters in the middle, wherever the phone was."""
    shown, meant = drawn_lines(np.random.default_rng(5), 120)
    plates, count = np.unique(meant, axis=0, return_counts=True)
    spoilt = (meant[:, None] == plates[count > 1]).all(axis=2).any(axis=1)
    assert 40 < spoilt.sum() < 80 and count.max() == 3
    network = Glyphs(registry.load("glyphs")).network
    read = (
        network.run(shown.astype(np.float32))[0][:, len(PAIRS[0]) :].reshape(120, LENGTH, -1).argmax(axis=2)
    )
    right = (read == meant).mean(axis=1)
    assert right[spoilt].mean() > 0.8 and right[~spoilt].mean() > 0.9


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel(CtcReader(registry.load("ctc")), YoloReader(registry.load("yolo")))


def photographed(folder: Path) -> tuple[str, Quad]:
    """A clear drawn plate as a file: its VIN and its line."""
    config = StripConfig(640, 96, smallest=18, largest=20, jitter=0.0, bent=0.0, marked=0.0)
    strip = synthetic_strip(np.random.default_rng([62, 1]), config)
    cv2.imwrite(str(folder / "a.png"), strip.pixels)
    return strip.text, Quad.from_box((16.0, 16.0, 608.0, 64.0))


def test_readers_find_the_characters_of_real_lines(tmp_path: Path, panel: Panel) -> None:
    text, quad = photographed(tmp_path)
    photo = LabelledPhoto(tmp_path / "a.png", "labelled", None, text, "twice", frozenset())
    line = real_line(panel, photo, quad)
    assert line is not None and line.text == text and line.grey.shape == STRIP[::-1]
    pitch = np.diff(line.centres)
    assert (pitch > 0).all() and pitch.min() > 0.5 * pitch.mean()
    other = LabelledPhoto(tmp_path / "a.png", "labelled", None, text[::-1], "twice", frozenset())
    assert real_line(panel, other, quad) is None


def test_photos_teach_when_their_quads_are_known(tmp_path: Path) -> None:
    text, quad = photographed(tmp_path)
    with (tmp_path / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["photo", "vin", "use"], ["a.png", text, "labelled"]])
    (tmp_path / "quads.json").write_text(f'{{"a.png": {quad.corners.tolist()}}}')
    task = GlyphTask(GlyphTrainConfig(str(tmp_path), str(tmp_path / "quads.json")))
    _, meant = task.batch(0, 24, 5)
    assert 2 < (meant.numpy() == codes(text)).all(axis=1).sum() < 18


def test_drawn_batches_are_kept_and_read_again(tmp_path: Path) -> None:
    config = GlyphTrainConfig(cache=str(tmp_path), pool=3)
    first = GlyphTask(config).batch(1, 2, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["5-2-1.npz"]
    assert all(torch.equal(a, b) for a, b in zip(first, GlyphTask(config).batch(4, 2, 5), strict=True))


def test_both_kinds_of_pairs_weigh_the_same() -> None:
    task = GlyphTask(GlyphTrainConfig(network=SMALL))
    characters = torch.from_numpy(np.stack([codes("1M8GDM9AXKP042788"), codes("88B1234567CEFGHJK")]))
    same, weights = task._pairs(characters)
    mixed_up = ~same & (weights == 1.0)
    assert weights[same].sum().item() == pytest.approx(weights[mixed_up].sum().item(), rel=1e-5)
    assert weights[~same & ~mixed_up].sum() < 0.1 * weights[mixed_up].sum()
    pairs = list(zip(*(side.tolist() for side in PAIRS), strict=True))
    assert same[1, pairs.index((0, 1))] and not same[1, pairs.index((0, 2))]
    assert weights[1, pairs.index((0, 2))] == 1.0  # 8 and B
    assert weights[1, pairs.index((0, 3))] == pytest.approx(UNLIKE)  # 8 and 1
    alone, even = task._pairs(torch.from_numpy(codes("123456789ABCDEFGH"))[None])
    assert not alone.any() and torch.isfinite(even).all()


def test_steps_lower_the_loss_of_their_own_batch() -> None:
    torch.manual_seed(1)
    task = GlyphTask(GlyphTrainConfig(network=SMALL))
    batch = task.batch(0, 8, 5)
    optimiser = torch.optim.Adam(task.groups()[0]["params"], 0.01)
    task.network.train()
    losses = []
    for _ in range(25):
        loss, _ = task.loss(task.network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])


def test_validation_tells_all_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.learn.glyphs.train.VAL_COUNT", 30)
    task = GlyphTask(GlyphTrainConfig(network=SMALL))

    def same_and_eight(cells: torch.Tensor) -> torch.Tensor:
        read = torch.zeros(len(cells), LENGTH, len(ALPHABET))
        read[:, :, ALPHABET.index("8")] = 1.0
        return torch.cat([torch.full((len(cells), len(PAIRS[0])), 3.0), read.flatten(1)], dim=1)

    told = task.validate(same_and_eight)  # type: ignore[arg-type]
    assert told["same"] == 1.0 and told["mixed_up"] == 0.0 and 0.01 < told["read"] < 0.15
    pairs = (np.log1p(np.exp(-3.0)) + np.log1p(np.exp(3.0))) / 2
    characters = np.log(len(ALPHABET) - 1 + np.e) - told["read"]
    assert told["score"] == pytest.approx(1 - pairs - characters, abs=1e-3)


def test_a_run_goes_on_from_given_weights(tmp_path: Path) -> None:
    torch.manual_seed(4)
    known = GlyphNetwork(SMALL)
    save_weights(known, tmp_path / "known.safetensors")
    task = GlyphTask(GlyphTrainConfig(network=SMALL, start=str(tmp_path / "known.safetensors")))
    assert torch.equal(task.network.state_dict()["look.0.weight"], known.state_dict()["look.0.weight"])


@pytest.mark.parametrize("content", [b"", b"no weights"])
@pytest.mark.parametrize("network", ["glyphs", "quality"])
def test_a_start_that_holds_no_weights_is_refused(
    tmp_path: Path, content: bytes, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    given = ["train", network, "--run", str(tmp_path / "run"), "--start", str(tmp_path / "a.safetensors")]
    assert main(given) == 2
    assert "give a .safetensors of this network" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_export_and_serving_agree(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = GlyphNetwork(GlyphNetworkConfig()).eval()
    save_weights(network, tmp_path / "weights.safetensors")
    card = export_glyphs(tmp_path / "weights.safetensors", tmp_path / "set", Provenance("test"))
    assert card.name == "glyphs" and card.input_size == (HEIGHT, WIDTH)
    shown, _ = drawn_lines(np.random.default_rng(3), 3)
    served = Glyphs(registry.load("glyphs", tmp_path / "set")).network.run(shown.astype(np.float32))[0]
    with torch.inference_mode():
        wanted = network(torch.from_numpy(shown).float()).numpy()
    assert (
        served.shape == (3, len(PAIRS[0]) + LENGTH * len(ALPHABET)) and np.abs(served - wanted).max() < 0.02
    )

"""How the network for whole photos learns: photos with one trouble each."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.geometry import Quad
from core.learn.crops import LabelledPhoto
from core.learn.export import Provenance
from core.learn.loop import save_weights
from core.learn.overview.data import FACTORY, LONGEST, Scene, drawn_examples, drawn_scene, example, real_scene
from core.learn.overview.export import export_overview
from core.learn.overview.network import OverviewNetwork, OverviewNetworkConfig
from core.learn.overview.train import MIXED, OverviewTask, OverviewTrainConfig
from core.quality.grid import CELLS, FEATURES, grid
from core.quality.kinds import LEARNT
from core.quality.overview import Overview
from core.records import Photo
from core.registry import load


@pytest.fixture(scope="module")
def scene() -> Scene:
    return drawn_scene(np.random.default_rng([4, 1]))


def test_every_kind_has_its_troubles() -> None:
    assert set(FACTORY) == set(LEARNT)


@pytest.mark.parametrize("kind", LEARNT)
def test_an_example_tells_what_was_done(kind: str, scene: Scene) -> None:
    spoilt = [example(scene, kind, 1.0, np.random.default_rng(seed)) for seed in range(3)]
    clean, nothing = example(scene, "", 0.0, np.random.default_rng(1))
    assert nothing[0] == 1
    for pixels, target in spoilt:
        assert pixels.shape == (FEATURES, CELLS, CELLS)
        assert target.sum() == 1 and target[1 + LEARNT.index(kind)] + target[0] == 1
    changed = [pixels for pixels, target in spoilt if target[0] == 0]
    assert changed and all((pixels != clean).any() for pixels in changed)


def real(tmp_path: Path, tags: set[str]) -> Scene | None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((600, 800, 3), 90, np.uint8))
    photo = LabelledPhoto(tmp_path / "a.png", "labelled", None, "1M8GDM9AXKP042788", "twice", frozenset(tags))
    return real_scene(photo, Quad.from_line((400, 300), 400, 30, 0.1))


def test_a_real_photo_is_spoilt_at_the_size_of_drawn_ones(tmp_path: Path) -> None:
    scene = real(tmp_path, {"clear"})
    assert scene is not None and max(scene.pixels.shape) == LONGEST
    middle = np.array([400, 300]) * LONGEST / 800
    assert np.abs(scene.corners.mean(axis=(0, 1)) - middle).max() < 3
    assert scene.target[0] == 1


def test_remarks_are_taken_for_what_they_may_mean(tmp_path: Path) -> None:
    assert real(tmp_path, {"clear", "blur"}) is None
    blurred = real(tmp_path, {"blur"})
    assert blurred is not None
    assert {kind: blurred.target[1 + LEARNT.index(kind)] for kind in ("defocus", "motion")} == {
        "defocus": 0.5,
        "motion": 0.5,
    }


def test_the_same_seed_gives_the_same_examples() -> None:
    first, again = (drawn_examples(np.random.default_rng(9), 6) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_drawn_batches_are_kept_and_read_again(tmp_path: Path) -> None:
    config = OverviewTrainConfig(cache=str(tmp_path), pool=MIXED)
    first = OverviewTask(config).batch(1, MIXED, 5)
    names = {f"5-{MIXED}-{place}.npz" for place in range(MIXED)}
    assert {path.name for path in tmp_path.iterdir()} == names
    again = OverviewTask(config).batch(1 + MIXED, MIXED, 5)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_batch_holds_one_photo_of_each_draw(tmp_path: Path) -> None:
    for place in range(MIXED):
        grids = np.full((MIXED, FEATURES, CELLS, CELLS), 10 * place, np.float16)
        grids[:, 0, 0, 0] = np.arange(MIXED)
        targets = np.zeros((MIXED, 1 + len(LEARNT)), np.float32)
        np.savez(tmp_path / f"5-{MIXED}-{place}.npz", grids=grids, targets=targets)
    task = OverviewTask(OverviewTrainConfig(cache=str(tmp_path), pool=MIXED))
    grids, targets = task.batch(3, MIXED, 5)
    assert grids[:, 1, 1, 0].tolist() == [10 * place for place in range(MIXED)]
    assert set(grids[:, 0, 0, 0].tolist()) == {3} and targets.shape == (MIXED, 1 + len(LEARNT))


def test_a_batch_that_cannot_be_mixed_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple of 8"):
        OverviewTask(OverviewTrainConfig()).batch(5, 4, 1)


def test_real_photos_are_learnt_from_when_their_quads_are_known(tmp_path: Path) -> None:
    real(tmp_path, {"clear"})
    with (tmp_path / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["photo", "vin", "use"], ["a.png", "1M8GDM9AXKP042788", "labelled"]])
    corners = Quad.from_line((400, 300), 400, 30, 0.1).corners.tolist()
    (tmp_path / "quads.json").write_text(f'{{"a.png": {corners}}}')
    task = OverviewTask(OverviewTrainConfig(str(tmp_path), str(tmp_path / "quads.json")))
    assert len(task._real) == 1


def test_steps_lower_the_loss_of_their_own_batch() -> None:
    torch.manual_seed(1)
    task = OverviewTask(OverviewTrainConfig(network=OverviewNetworkConfig((16, 16), 16)))
    batch = task.batch(0, MIXED, 5)
    optimiser = torch.optim.Adam(task.groups()[0]["params"], 0.01)
    task.network.train()
    losses = []
    for _ in range(25):
        loss, _ = task.loss(task.network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < np.mean(losses[:3])


def test_export_and_serving_agree(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = OverviewNetwork(OverviewNetworkConfig()).eval()
    save_weights(network, tmp_path / "weights.safetensors")
    card = export_overview(tmp_path / "weights.safetensors", tmp_path / "set", Provenance("test"))
    assert card.name == "overview" and card.input_size == (CELLS, CELLS)
    pixels = np.random.default_rng(1).integers(0, 255, (200, 400, 3), np.uint8)
    served = load("overview", tmp_path / "set").run(grid(pixels)[None])[0]
    with torch.inference_mode():
        wanted = network(torch.from_numpy(grid(pixels)[None])).numpy()
    assert np.abs(served - wanted).max() < 0.02
    told = Overview(load("overview", tmp_path / "set")).look(Photo(pixels))
    shares = np.exp(wanted[0]) / np.exp(wanted[0]).sum()
    assert told == pytest.approx(dict(zip(LEARNT, shares[1:].tolist(), strict=True)), abs=0.01)

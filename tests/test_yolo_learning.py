"""Targets and losses of the YOLO reader against its equations, and export against torch."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from core import registry
from core.learn.export import Provenance
from core.learn.strips import UNKNOWN, classes_of
from core.learn.yolo.anchors import cluster
from core.learn.yolo.export import export_yolo
from core.learn.yolo.loss import YoloWeights, box_loss, chain_loss
from core.learn.yolo.network import YoloNetwork, YoloNetworkConfig
from core.learn.yolo.targets import width_iou, yolo_targets
from core.learn.yolo.train import YoloTask, YoloTrainConfig
from core.recognize.yolo import ANCHORS, CELL, boxes_of, decode

SMALL = YoloNetworkConfig(channels=16)


def even_extents() -> np.ndarray:
    edges = np.linspace(0.04, 0.96, 18)
    return np.stack([edges[:-1] + 0.005, edges[1:] - 0.005], axis=1)


def output(targets: np.ndarray) -> np.ndarray:
    """What a network that has learnt them without error says: ``(30, anchors, 36)``."""
    raw = np.zeros((30, len(ANCHORS), 36))
    place = np.clip(targets[..., 1], 1e-6, 1 - 1e-6)
    raw[..., 0] = np.log(place / (1 - place))
    raw[..., 1] = targets[..., 2]
    raw[..., 2] = np.where(targets[..., 0] > 0, 20.0, -20.0)
    return raw


def test_a_character_that_the_line_cuts_reaches_into_the_margin() -> None:
    # The line begins in the middle of the first character and ends in the last one.
    extents = even_extents()
    raw = output(yolo_targets(extents, np.arange(17)))
    (slots,) = decode(raw[None], [0.06])
    assert slots.extents == pytest.approx((extents - 0.06) / 0.88, abs=1e-3)
    assert slots.extents[0, 0] < -0.01 and slots.extents[-1, 1] > 1.01


def test_a_target_undoes_the_equations() -> None:
    extents, classes = even_extents(), np.arange(17)
    targets = yolo_targets(extents, classes)
    boxes = boxes_of(output(targets))
    order = np.argsort(boxes.centres)
    assert boxes.centres[order] == pytest.approx(960 * extents.mean(axis=1), abs=1e-2)
    assert boxes.widths[order] == pytest.approx(960 * np.diff(extents)[:, 0], abs=1e-2)


def test_a_character_goes_to_the_cell_of_its_centre_and_the_nearest_anchor() -> None:
    width = 40.0
    extents = np.array([[(200 - width / 2) / 960, (200 + width / 2) / 960]])
    targets = yolo_targets(extents, np.array([5]))
    (cell,), (anchor,) = np.nonzero(targets[..., 0])
    assert cell == 200 // CELL
    assert anchor == width_iou(width, np.array(ANCHORS)).argmax()
    assert targets[cell, anchor, 3] == 5


def test_two_characters_of_one_cell_take_two_anchors() -> None:
    extents = np.array([[96, 110], [111, 126]]) / 960
    targets = yolo_targets(extents, np.array([1, 2]))
    assert targets[..., 0].sum() == 2 and targets[3, :, 0].sum() == 2


def test_what_lies_outside_the_strip_has_no_target() -> None:
    assert yolo_targets(np.array([[1.01, 1.05], [-0.05, -0.01]]), np.array([1, 2])).sum() == 0


def test_box_loss_is_small_only_for_the_right_boxes() -> None:
    targets = torch.from_numpy(yolo_targets(even_extents(), np.arange(17)))[None]
    right = torch.zeros(1, 30, len(ANCHORS), 36)
    place = targets[..., 1].clamp(1e-4, 1 - 1e-4)
    right[..., 0] = torch.log(place / (1 - place))
    right[..., 1] = targets[..., 2]
    right[..., 2] = torch.where(targets[..., 0] > 0, 9.0, -9.0)
    right[..., 3:] = 12.0 * functional.one_hot(targets[..., 3].long(), 33)
    moved = right.clone()
    moved[..., 0] += 2.0
    missed = right.clone()
    missed[..., 2] = -9.0
    wrong = right.clone()
    wrong[..., 3:] = wrong[..., 3:].roll(1, dims=-1)
    losses = [box_loss(raw, targets, YoloWeights())[0].item() for raw in (right, moved, missed, wrong)]
    assert losses[0] < min(losses[1:]) - 0.1


def test_a_box_that_lies_on_a_character_is_not_blamed() -> None:
    extents = np.array([[(208 - 20) / 960, (208 + 20) / 960]])
    targets = torch.from_numpy(yolo_targets(extents, np.array([0])))[None]
    owner = int(targets[0, 6, :, 0].argmax())
    raw = torch.zeros(1, 30, len(ANCHORS), 36)
    raw[..., 2] = -9.0
    raw[0, 6, owner, 2] = 9.0
    quiet = box_loss(raw, targets, YoloWeights())[0].item()
    twin = raw.clone()
    other = owner + 1 if owner + 1 < len(ANCHORS) else owner - 1
    twin[0, 6, other, 2] = 9.0
    far = raw.clone()
    far[0, 20, owner, 2] = 9.0
    assert box_loss(twin, targets, YoloWeights())[0].item() == pytest.approx(quiet, abs=0.01)
    assert box_loss(far, targets, YoloWeights())[0].item() > quiet + 1


def test_chain_loss_is_the_sum_over_all_placements() -> None:
    torch.manual_seed(3)
    raw, classes = torch.randn(2, 6, 2, 36), torch.tensor([[4, 7, UNKNOWN], [1, 1, 2]])
    there, letters = raw[..., 2].sigmoid(), raw[..., 3:].softmax(3)
    for index in range(2):
        total = 0.0
        for cells in combinations(range(6), 3):
            weight = 1.0
            for cell in range(6):
                nothing = (1 - there[index, cell]).prod()
                if cell not in cells:
                    weight *= nothing.item()
                    continue
                label = int(classes[index, cells.index(cell)])
                spoken = sum(
                    there[index, cell, a]
                    / (1 - there[index, cell, a])
                    * nothing
                    * (1.0 if label == UNKNOWN else letters[index, cell, a, label])
                    for a in range(2)
                )
                weight *= float(spoken)
            total += weight
        loss = chain_loss(raw[index : index + 1], classes[index : index + 1]).item()
        assert loss == pytest.approx(-np.log(total) / 3, abs=1e-4)


def test_unknown_characters_have_a_class_of_their_own() -> None:
    assert classes_of("A?Z")[1] == UNKNOWN


def test_anchors_find_the_groups_of_widths() -> None:
    rng = np.random.default_rng(0)
    widths = np.concatenate([rng.normal(m, 0.3, 200) for m in (20, 35, 50)])
    assert cluster(widths, 3) == pytest.approx([20, 35, 50], abs=1.0)
    with pytest.raises(ValueError, match="cannot make"):
        cluster(widths[:2], 3)


def test_a_few_steps_on_one_batch_lower_the_loss() -> None:
    torch.manual_seed(0)
    task = YoloTask(YoloTrainConfig(network=SMALL, start="scratch"))
    batch = task.batch(0, 2, 1)
    again = task.batch(0, 2, 1)
    assert all(torch.equal(a, b) for a, b in zip(batch, again, strict=True))
    optimiser = torch.optim.Adam(task.network.parameters(), 3e-3)
    losses = []
    for _ in range(12):
        loss, _ = task.loss(task.network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_the_exported_network_gives_what_torch_gives(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = YoloNetwork(SMALL).eval()
    weights, run = tmp_path / "weights.safetensors", tmp_path / "run"
    save_file(network.state_dict(), weights)
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"seed": 7, "task": {"network": {"channels": 16}}}))
    card = export_yolo(weights, tmp_path / "out", Provenance("a command", run))
    assert card.input_size == (32, 960) and card.seed == 7
    strips = torch.randn(3, 1, 32, 960, generator=torch.Generator().manual_seed(2))
    session = registry.session(tmp_path / "out" / "yolo.onnx")
    theirs = session.run(None, {session.get_inputs()[0].name: strips.numpy()})[0]
    with torch.inference_mode():
        ours = network(strips).numpy()
    # Weights are rounded to half precision on the way.
    assert np.abs(ours - theirs).max() < 0.02 * np.abs(ours).max()

"""How the quality network learns: examples with one trouble each, and the places where it hurts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.learn.crops import LabelledPhoto
from core.learn.loop import save_weights
from core.learn.quality.data import FACTORY, drawn_examples, drawn_plate, example, real_plate
from core.learn.quality.fit import Trial, fit
from core.learn.quality.network import QualityNetwork, QualityNetworkConfig
from core.learn.quality.train import QualityTask, QualityTrainConfig
from core.quality.features import COLUMNS
from core.quality.gauge import Evidence
from core.quality.kinds import LEARNT
from core.quality.view import HEIGHT, WIDTH


def test_every_learnt_kind_has_its_troubles() -> None:
    assert set(FACTORY) == set(LEARNT)


@pytest.mark.parametrize("kind", LEARNT)
def test_an_example_tells_what_was_done_and_where(kind: str) -> None:
    plate = drawn_plate(np.random.default_rng([3, 1]))
    spoilt = [example(plate, kind, 1.0, np.random.default_rng(seed)) for seed in range(4)]
    clean = example(plate, "", 0.0, np.random.default_rng(1))
    assert clean.target[0] == 1 and clean.severity == 0 and np.nansum(clean.hurt) == 0
    for one in spoilt:
        assert one.pixels.shape == (HEIGHT, WIDTH, 3) and one.hurt.shape == (COLUMNS, len(LEARNT))
        told = np.nansum(one.hurt, axis=0) > 0
        assert not told[[place for place in range(len(LEARNT)) if LEARNT[place] != kind]].any()
    hurt = [one for one in spoilt if one.severity > 0]
    assert hurt and all(one.target[1 + LEARNT.index(kind)] == 1 and one.severity == 1 for one in hurt)


def test_the_same_seed_gives_the_same_examples() -> None:
    first, again = (drawn_examples(np.random.default_rng(9), 10) for _ in range(2))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))


def test_remarks_on_real_photos_that_contradict_each_other_teach_nothing(tmp_path) -> None:
    photo = LabelledPhoto(tmp_path / "a.jpg", "labelled", None, "", "twice", frozenset({"clear", "blur"}))
    assert real_plate(photo, drawn_plate(np.random.default_rng(1)).quad) is None


def test_a_step_lowers_the_loss_of_its_own_batch() -> None:
    torch.manual_seed(1)
    task = QualityTask(QualityTrainConfig(network=QualityNetworkConfig(32, 16, 16)))
    batch = task.batch(0, 16, 5)
    assert task.network(batch[0]).shape == (16, 1 + COLUMNS, 2 + len(LEARNT))
    optimiser = torch.optim.Adam(task.groups()[0]["params"], 0.01)
    losses = []
    for _ in range(12):
        loss, told = task.loss(task.network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0] and {"kind", "severity", "places"} == set(told)
    assert isinstance(task.network, QualityNetwork)


def test_training_goes_on_from_given_weights(tmp_path: Path) -> None:
    torch.manual_seed(4)
    shape = QualityNetworkConfig(32, 16, 16)
    known = QualityNetwork(shape)
    save_weights(known, tmp_path / "known.safetensors")
    task = QualityTask(QualityTrainConfig(network=shape, start=str(tmp_path / "known.safetensors")))
    assert torch.equal(task.network.state_dict()["kind.weight"], known.state_dict()["kind.weight"])


def test_thresholds_part_what_fails_from_what_does_not() -> None:
    def trial(severity: float, failed: bool, hurt: tuple[int, ...] = (3, 4)) -> Trial:
        likely = np.array([0.8 if place in hurt else 0.3 for place in range(17)])
        told = Evidence(0.0, dict.fromkeys(LEARNT, 0.0), severity, dict.fromkeys(LEARNT, likely))
        return Trial("glare", hurt, told, failed)

    fitted = fit([trial(s, s > 0.55) for s in np.linspace(0.2, 0.9, 30)])
    assert 0.5 < fitted["fails_glare"] < 0.62
    assert 0.3 < fitted["hurts_glare"] <= 0.8

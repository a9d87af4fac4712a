"""The training loop on a network of one layer: resuming, averaging, and the run folder."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.learn import loop
from core.learn.loop import Diverged, RunConfig, best_validation, train
from core.learn.mean import mean_weights

STEPS = 30


@dataclass(frozen=True)
class LineConfig:
    slope: float = 2.0


class LineTask:
    """Learn ``y = slope * x + 1``; keeps the weights as they were before every step."""

    def __init__(self, config: LineConfig | None = None) -> None:
        self.config = config or LineConfig()
        generator = torch.Generator().manual_seed(5)
        self.network: nn.Module = nn.Conv2d(1, 1, 1)
        for parameter in self.network.parameters():
            nn.init.normal_(parameter, generator=generator)
        self.seen: list[float] = []
        self.scores: list[float] = []

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": [self.network.weight]}, {"params": [self.network.bias], "scale": 0.5}]

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        x = torch.randn(size, 1, 2, 2, generator=torch.Generator().manual_seed(1000 * seed + index))
        return x, self.config.slope * x + 1

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        self.seen.append(network.weight.item())
        x, y = batch
        return nn.functional.mse_loss(network(x), y), {"slope": network.weight.item()}

    def validate(self, network: nn.Module) -> dict[str, float]:
        score = self.scores.pop(0) if self.scores else -abs(network.weight.item() - self.config.slope)
        return {"score": score}


def config(folder: Path, **changes: Any) -> RunConfig:
    given = {"steps": STEPS, "batch": 4, "rate": 0.05, "warmup": 3, "workers": 0}
    return RunConfig(str(folder), device="cpu", **{**given, **changes})


def broken_off_at(step: int) -> Callable[[dict[str, float]], None]:
    def report(figures: dict[str, float]) -> None:
        if figures["step"] == step:
            raise KeyboardInterrupt

    return report


def curves(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]


def test_it_learns_and_leaves_a_full_run_folder(tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    task = LineTask()
    best = train(task, config(tmp_path, steps=200, rate=0.2, ema=0.9), told.append)
    assert best == tmp_path / "best.safetensors"
    assert task.network.weight.item() == pytest.approx(2.0, abs=0.1)
    assert load_file(best)["weight"].item() == pytest.approx(2.0, abs=0.1)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("config.json", "curves.jsonl", "checkpoint.pt", "best.safetensors", "last.safetensors")
    }
    settings = json.loads((tmp_path / "config.json").read_text())
    assert settings["steps"] == 200
    assert settings["task"] == {"slope": 2.0}
    assert told == curves(tmp_path)


def test_curves_hold_losses_and_validations(tmp_path: Path) -> None:
    train(LineTask(), config(tmp_path, validate_minutes=0.0, steps=40))
    lines = curves(tmp_path)
    losses = [line for line in lines if "loss" in line]
    assert [line["step"] for line in losses] == [20, 40]
    assert {"minutes", "rate", "loss", "slope"} <= losses[0].keys()
    assert losses[1]["loss"] < losses[0]["loss"]
    assert sum("val_score" in line for line in lines) == 41


def test_a_worker_process_makes_the_same_batches(tmp_path: Path) -> None:
    alone, helped = tmp_path / "alone", tmp_path / "helped"
    train(LineTask(), config(alone, steps=5))
    train(LineTask(), config(helped, steps=5, workers=1))
    first, second = (load_file(folder / "last.safetensors") for folder in (alone, helped))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_resumed_run_ends_with_the_same_weights_as_an_unbroken_one(tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    train(LineTask(), config(whole))
    with pytest.raises(KeyboardInterrupt):
        train(LineTask(), config(pieces, checkpoint_minutes=0.0), broken_off_at(20))
    kept = torch.load(pieces / "checkpoint.pt", weights_only=True)
    assert kept["progress"]["step"] == 20  # it broke off in the report of step 20; nothing learnt is lost
    train(LineTask(), config(pieces))
    for name in ("last.safetensors", "best.safetensors"):
        first, second = load_file(whole / name), load_file(pieces / name)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first)
    states = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (whole, pieces)]
    assert states[0]["progress"]["step"] == states[1]["progress"]["step"] == STEPS
    assert torch.equal(states[0]["network"]["weight"], states[1]["network"]["weight"])


def test_a_loss_that_is_no_number_ends_the_run_and_leaves_the_checkpoint_sound(tmp_path: Path) -> None:
    class Diverging(LineTask):
        def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
            x, y = super().batch(index, size, seed)
            return (x, y * torch.nan) if index >= 20 else (x, y)

    with pytest.raises(KeyboardInterrupt):
        train(LineTask(), config(tmp_path, report_steps=1), broken_off_at(15))
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(Diverged, match="lower learning rate"):
        train(Diverging(), config(tmp_path))
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    train(LineTask(), config(tmp_path))


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    ends = []
    for seed in (1, 1, 2):
        folder = tmp_path / str(len(ends))
        train(LineTask(), config(folder, seed=seed))
        ends.append(load_file(folder / "last.safetensors")["weight"].item())
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]


def test_the_mean_of_two_runs_is_validated_and_kept_with_its_figures(tmp_path: Path) -> None:
    ends = []
    for seed in (1, 2):
        train(LineTask(), config(tmp_path / str(seed), seed=seed))
        ends.append(tmp_path / str(seed) / "last.safetensors")
    task = LineTask()
    figures = mean_weights(ends, task, tmp_path / "mean.safetensors")
    one, other = (load_file(end)["weight"] for end in ends)
    kept = load_file(tmp_path / "mean.safetensors")
    assert not torch.equal(one, other)
    assert torch.allclose(kept["weight"], (one + other) / 2)
    assert figures == {"score": -abs(kept["weight"].item() - 2.0)}
    with pytest.raises(ValueError, match="two runs or more"):
        mean_weights(ends[:1], task, tmp_path / "mean.safetensors")
    save_file({"weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="not the weights of the same network"):
        mean_weights([*ends, tmp_path / "other.safetensors"], task, tmp_path / "mean.safetensors")
    (tmp_path / "no.safetensors").write_text("no weights")
    with pytest.raises(ValueError, match="cannot be read"):
        mean_weights([ends[0], tmp_path / "no.safetensors"], task, tmp_path / "mean.safetensors")


def test_a_finished_run_trains_no_further(tmp_path: Path) -> None:
    train(LineTask(), config(tmp_path))
    before = load_file(tmp_path / "last.safetensors")
    task = LineTask()
    train(task, config(tmp_path))
    assert task.seen == []
    assert torch.equal(load_file(tmp_path / "last.safetensors")["weight"], before["weight"])


def test_the_saved_weights_are_the_moving_average(tmp_path: Path) -> None:
    task = LineTask()
    train(task, config(tmp_path, ema=0.9))
    raw = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["network"]["weight"].item()
    # Weights after each step: those before the next one, and the last.
    after = [*task.seen[1:], raw]
    average = after[0]
    for weight in after[1:]:
        average = 0.9 * average + 0.1 * weight
    saved = load_file(tmp_path / "last.safetensors")["weight"].item()
    assert saved == pytest.approx(average, rel=1e-5)
    assert abs(saved - raw) > 1e-3


def test_the_best_validation_is_kept_over_resumptions(tmp_path: Path) -> None:
    task = LineTask()
    task.scores = [0.7]
    train(task, config(tmp_path))
    best = load_file(tmp_path / "best.safetensors")["weight"]
    longer = LineTask()
    longer.scores = [0.6]
    train(longer, config(tmp_path, steps=2 * STEPS))
    assert torch.equal(load_file(tmp_path / "best.safetensors")["weight"], best)
    assert not torch.equal(load_file(tmp_path / "last.safetensors")["weight"], best)


def killed(folder: Path, *scores: float) -> None:
    """Ten steps with a checkpoint, then a validation after each, and a kill without another word."""
    first = LineTask()
    first.scores = [scores[0]]
    train(first, config(folder, steps=10))
    second = LineTask()
    second.scores = list(scores[1:])
    last = 10 + len(second.scores)

    def kill(figures: dict[str, float]) -> None:
        if figures["step"] == last and "val_score" in figures:
            raise KeyboardInterrupt

    longer = config(folder, validate_minutes=0.0, report_steps=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop._State, "save", lambda _state, _path: None)
        with pytest.raises(KeyboardInterrupt):
            train(second, longer, kill)


def test_the_best_weights_outlive_a_kill_before_the_next_checkpoint(tmp_path: Path) -> None:
    killed(tmp_path, 0.5, 0.9, 0.2)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]["best"] == 0.5
    best = load_file(tmp_path / "best.safetensors")["weight"]
    rest = LineTask()
    rest.scores = [0.6]
    train(rest, config(tmp_path))
    assert torch.equal(load_file(tmp_path / "best.safetensors")["weight"], best)
    assert best_validation(tmp_path / "curves.jsonl") == {"score": 0.9}


def test_a_resumed_run_tells_no_step_twice(tmp_path: Path) -> None:
    killed(tmp_path, 0.5, 0.9, 0.2)
    with (tmp_path / "curves.jsonl").open("a") as file:
        file.write('{"step": 12, "lo')
    train(LineTask(), config(tmp_path, steps=15, report_steps=1))
    lines = curves(tmp_path)
    assert [line["step"] for line in lines if "loss" in line] == [11, 12, 13, 14, 15]
    assert [line["step"] for line in lines if "val_score" in line] == [10, 15]


def test_a_run_of_an_older_program_resumes_with_its_checkpoints_best(tmp_path: Path) -> None:
    task = LineTask()
    task.scores = [0.7]
    weights = train(task, config(tmp_path))
    save_file(load_file(weights), weights)  # without figures, as weights used to be
    best = load_file(weights)["weight"]
    worse, better = LineTask(), LineTask()
    worse.scores, better.scores = [0.6], [0.8]
    train(worse, config(tmp_path, steps=2 * STEPS))
    assert torch.equal(load_file(weights)["weight"], best)
    assert best_validation(tmp_path / "curves.jsonl") == {"score": 0.7}
    train(better, config(tmp_path, steps=3 * STEPS))
    assert not torch.equal(load_file(weights)["weight"], best)
    assert best_validation(tmp_path / "curves.jsonl") == {"score": 0.8}


@pytest.mark.parametrize("left", [None, 0, 100])
def test_weights_that_are_lost_or_cut_off_are_no_best(tmp_path: Path, left: int | None) -> None:
    task = LineTask()
    task.scores = [0.7]
    weights = train(task, config(tmp_path))
    data = weights.read_bytes()
    weights.unlink() if left is None else weights.write_bytes(data[:left])
    worse = LineTask()
    worse.scores = [0.6]
    train(worse, config(tmp_path, steps=2 * STEPS))
    assert load_file(weights)
    assert best_validation(tmp_path / "curves.jsonl") == {"score": 0.6}


def test_weights_that_cannot_be_written_leave_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = LineTask()
    task.scores = [0.7]
    weights = train(task, config(tmp_path))
    before = weights.read_bytes()

    def full(_tensors: object, path: Path, _metadata: object = None) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    better = LineTask()
    better.scores = [0.9]
    monkeypatch.setattr(loop, "save_file", full)
    with pytest.raises(OSError, match="No space"):
        train(better, config(tmp_path, steps=2 * STEPS))
    assert weights.read_bytes() == before
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]["best"] == 0.7


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.write_text, (self.path, "sprung")


@pytest.mark.parametrize("write", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, 2))])
def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, write: Callable[[Any, Path], None]) -> None:
    trap = tmp_path / "trap"
    write({"network": Trap(trap)}, tmp_path / "checkpoint.pt")
    with pytest.raises(pickle.UnpicklingError):
        train(LineTask(), config(tmp_path))
    assert not trap.exists()


def test_a_checkpoint_that_was_cut_off_is_not_taken_for_a_new_start(tmp_path: Path) -> None:
    train(LineTask(), config(tmp_path))
    data = (tmp_path / "checkpoint.pt").read_bytes()
    (tmp_path / "checkpoint.pt").write_bytes(data[: len(data) // 2])
    with pytest.raises((RuntimeError, pickle.UnpicklingError, EOFError)):
        train(LineTask(), config(tmp_path, steps=2 * STEPS))

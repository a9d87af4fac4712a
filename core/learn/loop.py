"""One training loop for all networks: seeded batches, EMA, resumable checkpoints, curves in a run folder.

A run folder holds ``config.json``, ``curves.jsonl`` (a line per report), ``checkpoint.pt`` (to resume;
made and read only here) and ``best.safetensors`` (EMA weights of the best validation so far, and in the same
file its figures: a run that is killed at any moment keeps both or neither).
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from core.learn.curves import Curves

BEST = "best.safetensors"
FIGURES = "figures"
"""Where a file of weights keeps its validation."""


@dataclass(frozen=True)
class RunConfig:
    """How long and how fast a run goes.

    Attributes:
        folder: run folder; a run that was broken off goes on from there.
        minutes: training time in all, over all resumptions; the learning rate falls along a cosine over it.
        steps: upper bound on steps, 0 for none; with it the schedule follows steps, not minutes.
        batch: examples per step.
        rate: peak learning rate.
        warmup: steps of linear rise.
        decay: weight decay (AdamW, Loshchilov and Hutter 2019).
        ema: decay of the weights' moving average.
        clip: bound of the gradient's norm.
        validate_minutes: between validations.
        checkpoint_minutes: between checkpoints.
        report_steps: between lines of the curves.
        seed: of weights and batches.
        threads: of torch, 0 for all.
        workers: processes that make batches.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    folder: str
    minutes: float = 30.0
    steps: int = 0
    batch: int = 32
    rate: float = 1e-3
    warmup: int = 30
    decay: float = 0.01
    ema: float = 0.995
    clip: float = 10.0
    validate_minutes: float = 8.0
    checkpoint_minutes: float = 3.0
    report_steps: int = 20
    seed: int = 1
    threads: int = 0
    workers: int = 1
    device: str = "auto"


class Diverged(RuntimeError):
    """A run's loss or gradient is no number any more."""


class Task(Protocol):
    """What a network brings to the loop."""

    network: nn.Module

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups; ``scale`` in a group multiplies the learning rate."""

    def batch(self, index: int, size: int, seed: int) -> tuple[Tensor, ...]:
        """Batch number ``index``: the same for the same seed, in whatever process. Must be picklable."""

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        """Loss to minimise and figures to report."""

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures on ``val``; ``score`` decides which weights are best (higher is better)."""


def train(task: Task, config: RunConfig, report: Callable[[dict[str, float]], None] | None = None) -> Path:
    """Run or resume until the time or the steps are over.

    Returns:
        ``best.safetensors`` of the run.
    """
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(_plain(config) | {"task": _plain(task)}, indent=2) + "\n")
    torch.manual_seed(config.seed)
    if config.threads:
        torch.set_num_threads(config.threads)
    device = _device(config.device)
    state = _State(task, config, device)
    state.resume(folder / "checkpoint.pt")
    state.best = _best_score(folder / BEST, state.best)
    curves = Curves(folder / "curves.jsonl", report, state.step)
    batches = iter(_loader(task, config, state.step))
    last_validation = last_checkpoint = time.monotonic()
    try:
        while not state.finished():
            started = time.monotonic()
            figures = state.advance(next(batches))
            state.seconds += time.monotonic() - started
            if state.step % config.report_steps == 0:
                told = {"step": state.step, "minutes": state.seconds / 60, "rate": state.rate()}
                curves.write(told | figures)
            now = time.monotonic()
            if now - last_validation > 60 * config.validate_minutes:
                curves.write(state.validate(folder))
                last_validation = time.monotonic()
            if now - last_checkpoint > 60 * config.checkpoint_minutes:
                state.save(folder / "checkpoint.pt")
                last_checkpoint = time.monotonic()
        curves.write(state.validate(folder))
    except Diverged:
        # Not saved: running means may be no numbers either, and the last checkpoint is sound.
        raise
    except BaseException:
        # Stopped by hand or by an error: what was learnt so far is kept.
        state.save(folder / "checkpoint.pt")
        raise
    state.save(folder / "checkpoint.pt")
    return folder / BEST


def best_validation(curves: Path) -> dict[str, float]:
    """The figures of the validation whose weights were kept, without their ``val_``."""
    weights = curves.with_name(BEST)
    kept = _figures_of(weights) if weights.exists() else {}
    if kept:
        return {name: round(value, 6) for name, value in kept.items()}
    # Weights of a run from before they carried their figures.
    reports = [json.loads(text) for text in curves.read_text(encoding="utf-8").splitlines()]
    best = max(
        (report for report in reports if "val_score" in report), key=lambda report: report["val_score"]
    )
    return {name.removeprefix("val_"): value for name, value in best.items() if name.startswith("val_")}


def _best_score(weights: Path, otherwise: float) -> float:
    """Score of the weights that were kept, which may be newer than the checkpoint; ``otherwise`` untold."""
    try:
        return _figures_of(weights).get("score", otherwise)
    except (OSError, SafetensorError):
        # Missing, or cut off by a program that wrote in place: the next validation is the best there is.
        return -math.inf


def _figures_of(weights: Path) -> dict[str, float]:
    """What :func:`save_weights` was told; empty for weights without figures."""
    with safe_open(weights, "pt") as file:
        return json.loads((file.metadata() or {}).get(FIGURES, "{}"))


def seed(value: int) -> None:
    """Seed what draws fresh weights; batches have their own generators."""
    torch.manual_seed(value)


class _State:
    """Everything that a checkpoint has to keep."""

    def __init__(self, task: Task, config: RunConfig, device: torch.device) -> None:
        self.task, self.config, self.device = task, config, device
        task.network.to(device=device, memory_format=torch.channels_last)
        groups = [dict(group) for group in task.groups()]
        self.optimiser = torch.optim.AdamW(groups, lr=config.rate, weight_decay=config.decay)
        self.average = torch.optim.swa_utils.AveragedModel(
            task.network,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema),
            use_buffers=True,
        )
        self.step, self.seconds, self.best = 0, 0.0, -math.inf

    def finished(self) -> bool:
        if self.config.steps:
            return self.step >= self.config.steps
        return self.seconds >= 60 * self.config.minutes

    def rate(self) -> float:
        config = self.config
        done = self.step / config.steps if config.steps else self.seconds / (60 * config.minutes)
        rise = min(1.0, (self.step + 1) / max(1, config.warmup))
        return config.rate * rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def advance(self, batch: tuple[Tensor, ...]) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate() * group.get("scale", 1.0)
        self.task.network.train()
        loss, figures = self.task.loss(self.task.network, tuple(part.to(self.device) for part in batch))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.task.network.parameters(), self.config.clip)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise Diverged(
                f"the loss is no number any more at step {self.step}; start again with a lower learning rate"
            )
        self.optimiser.step()
        self.average.update_parameters(self.task.network)
        self.step += 1
        return figures | {"loss": loss.item()}

    def validate(self, folder: Path) -> dict[str, float]:
        self.average.module.eval()
        figures = self.task.validate(self.average.module)
        if figures["score"] > self.best:
            save_weights(self.average.module, folder / BEST, figures=figures)
            self.best = figures["score"]
        save_weights(self.average.module, folder / "last.safetensors")
        return {"step": self.step, "minutes": self.seconds / 60} | {f"val_{k}": v for k, v in figures.items()}

    def save(self, path: Path) -> None:
        kept = {
            "network": self.task.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": {"step": self.step, "seconds": self.seconds, "best": self.best},
        }
        partial = path.with_suffix(".partial")
        torch.save(kept, partial)
        os.replace(partial, path)

    def resume(self, path: Path) -> None:
        if not path.exists():
            return
        kept = torch.load(path, map_location=self.device, weights_only=True)
        self.task.network.load_state_dict(kept["network"])
        self.average.load_state_dict(kept["average"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.step = int(kept["progress"]["step"])
        self.seconds, self.best = float(kept["progress"]["seconds"]), float(kept["progress"]["best"])


class _Batches(Dataset):
    """Batches by number, so that workers and resumed runs make the same ones."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self.task, self.config = task, config

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return self.task.batch(index, self.config.batch, self.config.seed)


def _loader(task: Task, config: RunConfig, start: int) -> DataLoader:
    def numbers() -> Iterator[int]:
        index = start
        while True:
            yield index
            index += 1

    class Endless(torch.utils.data.Sampler[int]):
        def __iter__(self) -> Iterator[int]:
            return numbers()

    return DataLoader(
        _Batches(task, config),
        batch_size=None,
        sampler=Endless(),
        num_workers=config.workers,
        # A fork of a process that already runs OpenCV's or ONNX Runtime's threads can hang.
        multiprocessing_context="forkserver" if config.workers else None,
        prefetch_factor=4 if config.workers else None,
        worker_init_fn=_one_thread,
    )


def _one_thread(_worker: int) -> None:
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def save_weights(
    network: nn.Module, path: Path, half: bool = False, figures: dict[str, float] | None = None
) -> None:
    """Write all weights as safetensors in one step, ``half`` as 16-bit floats, with figures to remember."""
    tensors = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    if half:
        tensors = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, {FIGURES: json.dumps(figures)} if figures else None)
    os.replace(partial, path)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _plain(thing: Any) -> dict[str, Any]:
    if is_dataclass(thing) and not isinstance(thing, type):
        return asdict(thing)
    config = getattr(thing, "config", None)
    return asdict(config) if is_dataclass(config) and not isinstance(config, type) else {}

"""``train``: a network learns, in a run folder that can be resumed."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.confusions import SHARE, hard_pool
from core.cli.console import Refusal, Verbs, bounded, note, printable, say

if TYPE_CHECKING:
    from core.learn.loop import RunConfig, Task

POOLED = ("quality", "overview", "glyphs")
"""Networks whose examples are drawn beforehand and kept."""


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "train",
        help="train a network",
        description="Train a network in a run folder. The same command again goes on from the last "
        "checkpoint; --minutes and --steps count over all resumptions.",
    )
    verb.add_argument("network", choices=("ctc", "yolo", "craft", "quality", "overview", "glyphs"))
    verb.add_argument("--run", type=Path, required=True, metavar="DIR", help="for checkpoint and weights")
    verb.add_argument("--photos", type=Path, metavar="DIR", help="folder with train.csv; default: none")
    verb.add_argument("--quads", type=Path, metavar="FILE", help="their lines, made by `quads`")
    verb.add_argument("--pseudo", type=Path, metavar="FILE", help="texts that readers agreed on, by `round`")
    verb.add_argument("--minutes", type=bounded(float, 0), default=30.0, metavar="M", help="default 30")
    verb.add_argument("--steps", type=bounded(int, 1), metavar="N", help="count steps, not minutes")
    verb.add_argument("--seed", type=bounded(int, 0), default=1, metavar="S", help="default %(default)s")
    verb.add_argument("--start", metavar="FROM", help="rapidocr, scratch, or a .safetensors")
    verb.add_argument("--real", type=bounded(float, 0, 1), metavar="SHARE", help="share of real photos")
    verb.add_argument(
        "--swap", type=bounded(float, 0, 1), metavar="SHARE", help="of the rest: real plates, new VINs"
    )
    verb.add_argument(
        "--others", type=bounded(float, 0, 1), metavar="SHARE", help="strips without a VIN; default 0.06"
    )
    verb.add_argument(
        "--spoilt", type=bounded(float, 0, 1), metavar="SHARE",
        help="of drawn strips and swapped plates: what glare, dirt and the like spoil; default 0",
    )  # fmt: skip
    verb.add_argument(
        "--capture", type=bounded(float, 0, 1), metavar="SHARE", help="drawn strips: how much the phone does"
    )
    verb.add_argument(
        "--confusions",
        metavar="FILE",
        help="readers: VINs from what they mix up: CSV label,read,count, or "
        "`store`: what the label store knows",
    )
    verb.add_argument("--batch", type=bounded(int, 1), metavar="N", help="examples per step")
    verb.add_argument("--rate", type=bounded(float, 0), metavar="R", help="peak learning rate")
    verb.add_argument("--ema", type=bounded(float, 0, 1), metavar="D", help="decay of the weights' average")
    verb.add_argument("--workers", type=bounded(int, 0), metavar="N", help="processes that make batches")
    verb.add_argument("--threads", type=bounded(int, 0), metavar="N", help="of torch; 0 for all cores")
    verb.add_argument("--device", choices=("auto", "cpu", "cuda"), help="auto: a GPU where one is")
    verb.add_argument("--export", type=Path, metavar="DIR", help="write .onnx, .safetensors and card here")
    verb.add_argument(
        "--mean", type=Path, nargs="+", metavar="FILE",
        help="export the mean of these .safetensors instead: of this run and of those that it began with",
    )  # fmt: skip
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Train, then export where asked."""
    if options.photos and not (options.photos / "train.csv").is_file():
        raise Refusal(f"{options.photos / 'train.csv'} is not there; --photos names the folder that holds it")
    if options.quads and not options.quads.is_file():
        raise Refusal(f"{options.quads} is not there; `python -m core quads` makes it")
    if options.photos and options.real and not options.quads:
        raise Refusal("real photos are learnt from with --quads only; `python -m core quads` makes that file")
    drawn = (options.swap, options.others, options.spoilt, options.capture, options.confusions)
    if options.network == "overview" and (options.batch or 8) % 8:
        raise Refusal("--batch of overview is a multiple of 8: photos of a scene go into 8 batches")
    if options.network in ("craft", *POOLED) and drawn != (None,) * len(drawn):
        raise Refusal(
            "--swap, --others, --spoilt, --capture and --confusions are for the readers' strips; "
            f"not for {options.network}"
        )

    from core.learn import loop

    loop.seed(options.seed)  # fresh weights are drawn when the task is built
    task, config = _task(options), _run_config(options)
    # A shell starts background processes deaf to SIGINT, and a job is ended with SIGTERM: both save first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if (options.run / "checkpoint.pt").exists():
        note(f"going on from {options.run / 'checkpoint.pt'}")
    try:
        weights = loop.train(task, config, lambda figures: say(line(figures)))
    except KeyboardInterrupt:
        kept = (options.run / "checkpoint.pt").exists()
        note("stopped; the same command " + ("goes on from the last checkpoint" if kept else "starts anew"))
        return 130
    say(f"weights: {weights}")
    if options.mean:
        weights, figures = _mean(options, task)
    elif options.export:
        figures = loop.best_validation(options.run / "curves.jsonl")
    if options.export:
        _export(options, weights, {name: round(value, 6) for name, value in figures.items()})
    return 0


def _mean(options: argparse.Namespace, task: Task) -> tuple[Path, dict[str, float]]:
    from core.learn.mean import mean_weights

    target = options.run / "mean.safetensors"
    try:
        figures = mean_weights(options.mean, task, target)
    except ValueError as error:
        raise Refusal(str(error)) from error
    say(
        f"mean of {len(options.mean)}: " + "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
    )
    return target, figures


def line(figures: dict[str, float]) -> str:
    """One report of the loop: step and time first, then the figures by name."""
    rest = {name: value for name, value in figures.items() if name not in ("step", "minutes")}
    told = "  ".join(f"{name} {value:.4g}" for name, value in rest.items())
    return f"step {figures['step']:6.0f}  {figures['minutes']:6.1f} min  {told}"


def _task(options: argparse.Namespace) -> Task:
    """The network's task with the settings that were given; the rest are its own defaults."""
    from core.learn.warmstart import WarmStartError

    if options.network in POOLED:
        return _pooled_task(options)
    given = {
        "photos": str(options.photos) if options.photos else None,
        "quads": str(options.quads) if options.quads else None,
        "real": options.real,
        "swap": options.swap,
    }
    learnt: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    start: dict[str, Any] = {"start": options.start} if options.start else {}
    try:
        learnt |= {"pseudo": str(options.pseudo)} if options.pseudo else {}
        if options.network == "craft":
            from core.learn.craft.train import CraftTask, CraftTrainConfig

            return CraftTask(CraftTrainConfig(**learnt, **start))
        from core.learn.strips import StripSources
        from core.synth.strips import StripConfig

        drawn = StripConfig()
        if options.capture is not None:
            drawn = replace(drawn, capture=drawn.capture.times(options.capture))
        if options.confusions:
            drawn = replace(drawn, confusable=SHARE, hard=hard_pool(options.confusions))
        learnt["strips"] = drawn
        learnt["spoilt"] = options.spoilt or 0.0
        learnt["others"] = 0.06 if options.others is None else options.others
        if options.network == "ctc":
            from core.learn.ctc.train import CtcTask, CtcTrainConfig

            return CtcTask(CtcTrainConfig(StripSources(**learnt), **start))
        from core.learn.yolo.train import YoloTask, YoloTrainConfig

        return YoloTask(YoloTrainConfig(StripSources(**learnt, doubtful=True), **start))
    except (WarmStartError, OSError) as error:
        raise Refusal(str(error)) from error


def _pooled_task(options: argparse.Namespace) -> Task:
    """The networks that go over examples which were drawn beforehand, again and again."""
    from safetensors import SafetensorError

    from core.learn.glyphs.train import GlyphTask, GlyphTrainConfig
    from core.learn.overview.train import OverviewTask, OverviewTrainConfig
    from core.learn.quality.train import QualityTask, QualityTrainConfig

    photos, quads = str(options.photos or ""), str(options.quads or "")
    cache = str(options.run / "examples")
    if options.network == "overview":
        return OverviewTask(OverviewTrainConfig(photos, quads, cache=cache))
    try:
        if options.network == "quality":
            start = options.start or ""
            return QualityTask(QualityTrainConfig(photos, quads, cache=cache, start=start))
        return GlyphTask(GlyphTrainConfig(photos, quads, cache=cache, start=options.start or ""))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise Refusal(
            f"--start {options.start}: {error}; give a .safetensors of this network, or leave it out"
        ) from error


def _run_config(options: argparse.Namespace) -> RunConfig:
    from core.learn.loop import RunConfig

    names = {field.name for field in fields(RunConfig)}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    return RunConfig(folder=str(options.run), **given)


def _export(options: argparse.Namespace, weights: Path, figures: dict[str, float]) -> None:
    from core.learn.export import Provenance

    options.export.mkdir(parents=True, exist_ok=True)
    made = Provenance(
        command=shlex.join(["python", "-m", "core", *options.command]),
        run=options.run,
        data=_data(options.network, options.run / "config.json"),
        metrics=figures,
    )
    if options.network == "ctc":
        from core.learn.ctc.export import export_ctc as write
    elif options.network == "yolo":
        from core.learn.yolo.export import export_yolo as write
    elif options.network == "quality":
        from core.learn.quality.export import export_quality as write
    elif options.network == "overview":
        from core.learn.overview.export import export_overview as write
    elif options.network == "glyphs":
        from core.learn.glyphs.export import export_glyphs as write
    else:
        from core.learn.craft.export import export_craft as write
    card = write(weights, options.export, made)
    for name, size in card.sizes.items():
        path, mark = printable(str(options.export / name)), card.sha256[name][:8]
        say(f"{path}  {size / 2**20:.1f} MiB  sha256 {mark}...")


def _data(name: str, config: Path) -> str:
    task = json.loads(config.read_text(encoding="utf-8"))["task"]
    task = task.get("sources", task)
    if name in POOLED:
        drawn, share = "drawn plates, spoilt one way at a time", "half of them"
        if name == "glyphs":
            drawn, share = "drawn lines, most of them photos of plates that something spoils", "three in ten"
        return f"{drawn}; {share} real training photos" if task["photos"] and task["quads"] else drawn
    if task["photos"] and task["quads"] and task["real"] > 0:
        return f"synthetic pictures, and real training photos as {100 * task['real']:.0f} % of a batch"
    return "synthetic pictures"

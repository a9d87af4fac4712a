"""``jobs``: long work as processes: queue it, watch it, pause, cancel and resume it."""

from __future__ import annotations

import argparse
import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.console import Refusal, Verbs, bounded, printable, say
from core.cli.store import guarded, signed, signer

if TYPE_CHECKING:
    from core.store import Store
    from core.store.jobs import Job

LENGTHS = ("quick", "standard", "overnight")


def add(verbs: Verbs) -> None:
    """Describe the verb and its own verbs."""
    verb = verbs.add_parser(
        "jobs",
        help="training and labelling rounds as processes of their own",
        description="Long work that outlives the terminal and the app; see docs/train-desk.md. Any of these "
        "commands also finds jobs whose process is gone and starts what waits.",
    )
    under = verb.add_subparsers(title="verbs", metavar="VERB", required=True)

    one = under.add_parser("list", help="all jobs, newest first")
    one.add_argument("--limit", type=bounded(int, 1), default=20, metavar="N")
    one.set_defaults(execute=guarded(_list))

    one = under.add_parser("train", help="queue a fine-tune of the champion from a snapshot")
    one.add_argument("network", choices=("ctc", "yolo", "craft"))
    one.add_argument("--snapshot", required=True, metavar="NAME", help="name, or hash from eight digits on")
    one.add_argument("--length", choices=LENGTHS, default="quick")
    one.add_argument("--real", type=bounded(float, 0, 1), metavar="SHARE", help="of real photos in a batch")
    one.add_argument("--replay", type=bounded(float, 0, 1), metavar="SHARE", help="of earlier ones in these")
    one.add_argument("--no-rounds", dest="rounds", action="store_false", help="leave pseudo-labels out")
    one.add_argument("--no-confused", dest="confused", action="store_false", help="draw VINs evenly")
    one.add_argument("--photos", metavar="DIR", help="folder with train.csv, replayed too")
    one.add_argument("--quads", metavar="FILE", help="their lines")
    one.add_argument("--rate", type=bounded(float, 0), metavar="R", help="peak learning rate")
    one.add_argument("--batch", type=bounded(int, 1), metavar="N", help="examples per step")
    one.add_argument("--steps", type=bounded(int, 1), metavar="N", help="count steps, not minutes")
    one.add_argument("--start", metavar="FROM", help="champion, rapidocr, scratch or a .safetensors")
    one.add_argument("--seed", type=bounded(int, 0), metavar="S")
    one.add_argument("--workers", type=bounded(int, 0), metavar="N", help="processes that make batches")
    _queued(one, _train)

    one = under.add_parser("round", help="queue a labelling round over the photos that nobody labelled")
    one.add_argument("--target", type=bounded(float, 0.5, 1), default=0.97, metavar="P", help="of purity")
    one.add_argument("--audit", type=bounded(int, 1), default=40, metavar="N", help="photos for people")
    _queued(one, _round)

    one = under.add_parser("run", help="carry a queued job out in this process")
    one.add_argument("job", type=int)
    one.set_defaults(execute=guarded(_run))

    for wish, told in (("pause", "put it aside"), ("cancel", "stop it"), ("resume", "queue it again")):
        one = under.add_parser(wish, help=f"{told}; nothing that was learnt is lost")
        one.add_argument("job", type=int)
        signed(one, _ask)
        one.set_defaults(wish=wish)

    one = under.add_parser("log", help="what a job printed")
    one.add_argument("job", type=int)
    one.set_defaults(execute=guarded(_log))


def _queued(parser: argparse.ArgumentParser, run: object) -> None:
    parser.add_argument("--threads", type=bounded(int, 0), default=0, metavar="N", help="0: all, 4 at most")
    parser.add_argument("--wait", action="store_true", help="stay until it has ended")
    signed(parser, run)  # type: ignore[arg-type]


def _list(store: Store, options: argparse.Namespace) -> int:
    from core.jobs import queue
    from core.store.jobs import jobs

    queue.advance(store)
    for job in jobs(store, options.limit):
        say(line(job, queue.silence(store, job)))
    return 0


def line(job: Job, silence: float = 0.0) -> str:
    """One job as a line of text."""
    told = job.told if job.state == "running" else job.reason
    silent = f"  silent for {silence:.0f} s" if silence > 10 else ""
    return f"{job.id:>5}  {job.kind:<12}{job.state:<9}{100 * job.progress:>4.0f} %  {printable(told)}{silent}"


def _train(store: Store, options: argparse.Namespace) -> int:
    from core.jobs.finetune import FineTune, put_finetune
    from core.store.snapshots import find_snapshot

    names = {field.name for field in fields(FineTune)}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    for name in ("photos", "quads"):
        if given.get(name) and not Path(given[name]).exists():
            raise Refusal(f"{given[name]} is not there")
    wanted = FineTune.of(given)
    snapshot = find_snapshot(store, options.snapshot)
    return _started(
        store, put_finetune(store, signer(store, options.signer), wanted, snapshot, options.threads), options
    )


def _round(store: Store, options: argparse.Namespace) -> int:
    from core.jobs.labelling import RoundOrder, put_round

    order = RoundOrder(target=options.target, audit=options.audit)
    return _started(store, put_round(store, signer(store, options.signer), order, options.threads), options)


def _started(store: Store, job: Job, options: argparse.Namespace) -> int:
    from core.jobs import queue
    from core.store.jobs import job as job_of

    queue.advance(store)
    say(line(job_of(store, job.id)))
    return wait(store, job.id) if options.wait else 0


def wait(store: Store, key: int) -> int:
    """Say what a job says until it has ended; 0 where it is done."""
    from core.jobs import queue
    from core.store.jobs import job

    last = ""
    while True:
        queue.advance(store)
        now = job(store, key)
        if (told := line(now)) != last:
            say(told)
            last = told
        if now.state not in ("waiting", "running"):
            return 0 if now.state == "done" else 1
        time.sleep(1.0)


def _run(store: Store, options: argparse.Namespace) -> int:
    from core.jobs.runner import run

    return 0 if run(store, options.job) == "done" else 1


def _ask(store: Store, options: argparse.Namespace) -> int:
    from core.jobs import queue
    from core.store.jobs import ask, job

    queue.advance(store)
    ask(store, options.job, signer(store, options.signer), options.wish)
    queue.advance(store)
    say(line(job(store, options.job)))
    return 0


def _log(store: Store, options: argparse.Namespace) -> int:
    from core.store.jobs import job

    try:
        text = Path(job(store, options.job).log).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Refusal(f"job {options.job} has printed nothing yet") from error
    for part in text.splitlines():
        say(printable(part))
    return 0

"""``models``: champions and candidates: list, gate, promote, roll back."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.cli.console import Refusal, Verbs, printable, say
from core.cli.jobs import wait
from core.cli.store import guarded, signed, signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.champions import Release
    from core.store import Store


def add(verbs: Verbs) -> None:
    """Describe the verb and its own verbs."""
    verb = verbs.add_parser(
        "models",
        help="champions and candidates: list, gate, promote, roll back",
        description="Which networks serve, which could, and the way there and back; see docs/train-desk.md.",
    )
    under = verb.add_subparsers(title="verbs", metavar="VERB", required=True)
    one = under.add_parser("list", help="the champion, its predecessors, and the candidates")
    one.set_defaults(execute=guarded(_list))
    one = under.add_parser("gate", help="measure a training job's candidate against the champion on gold")
    one.add_argument("job", type=int)
    signed(one, _gate)
    one = under.add_parser("promote", help="make a candidate that passed the gate the champion")
    one.add_argument("job", type=int)
    one.add_argument("--yes", action="store_true", help="do not ask")
    signed(one, _promote)
    one = under.add_parser("rollback", help="let the release before the champion serve again")
    one.add_argument("--to", default="", metavar="RELEASE", help="a certain one of `models list`")
    signed(one, _rollback)


def _list(store: Store, options: argparse.Namespace) -> int:
    from core import champions
    from core.jobs.promotion import promotable
    from core.registry import ModelError
    from core.store.jobs import jobs

    serving = champions.serving()
    try:
        champions.champion()
    except ModelError as error:
        say(printable(f"* {serving[:80]}  {error}"))
    for release in champions.releases():
        say(("* " if release.name == serving else "  ") + _told(release))
    for job in jobs(store, 1000, ("done",)):
        if job.kind.startswith("train "):
            why = promotable(store, job)
            say(f"  candidate of job {job.id}: {job.kind[6:]} {job.metrics.get('candidate', '')}  "
                + printable(why or "passed the gate"))  # fmt: skip
    return 0


def _gate(store: Store, options: argparse.Namespace) -> int:
    from core.jobs.gating import put_gate, result

    gated = put_gate(store, signer(store, options.signer), options.job)
    status = wait(store, gated.id)
    found = result(gated)
    if status or found is None:
        return 1
    for text in table(found["verdict"]):
        say(printable(text))
    return 0 if found["verdict"]["outcome"] == "pass" else 1


def table(verdict: dict) -> list[str]:
    """A verdict as lines of text."""
    from core.learn.gate import comparisons

    lines = [f"{'gold photos':<22}{'n':>6}{'champion':>10}{'candidate':>11}{'gained':>8}{'lost':>6}"]
    for one in comparisons(verdict):
        lines.append(
            f"{one['name']:<22}{one['count']:>6}{one['champion']:>10}{one['candidate']:>11}"
            f"{one['gained']:>8}{one['lost']:>6}"
        )
    for name in ("exact", "cer", "brier", "calibration", "accepted", "precision", "median", "slow"):
        old, new = (verdict[side] or {} for side in ("champion", "candidate"))
        if old.get(name) is not None and new.get(name) is not None:
            lines.append(f"{name:<22}{'':>6}{old[name]:>10.4g}{new[name]:>11.4g}")
    return [*lines, verdict["outcome"], *verdict["reasons"], *verdict["remarks"]]


def _promote(store: Store, options: argparse.Namespace) -> int:
    from core.jobs.promotion import promotable, promote
    from core.store.jobs import job

    why = promotable(store, job(store, options.job))
    if why:
        raise Refusal(why)
    if not options.yes:
        if not sys.stdin.isatty():
            raise Refusal("a person confirms a promotion: run it in a terminal, or say --yes")
        if input(f"make the candidate of job {options.job} the champion? [y/N] ").strip().lower() != "y":
            raise Refusal("nothing was changed")
    with _models():
        say(_told(promote(store, signer(store, options.signer), options.job)))
    return 0


def _rollback(store: Store, options: argparse.Namespace) -> int:
    from core.jobs.promotion import roll_back

    with _models():
        say(_told(roll_back(store, signer(store, options.signer), options.to)))
    return 0


def _told(release: Release) -> str:
    at = (
        time.strftime("%Y-%m-%d %H:%M", time.localtime(release.at)) if release.at else "came with the program"
    )
    networks = ", ".join(f"{name} {mark}" for name, mark in release.networks.items())
    return f"{release.name}  {at}  {networks}"


@contextmanager
def _models() -> Iterator[None]:
    """Errors of the registry as refusals."""
    from core.registry import ModelError

    try:
        yield
    except ModelError as error:
        raise Refusal(str(error)) from error

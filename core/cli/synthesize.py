"""``synthesize``: strips or scenes with invented VINs, as files with labels or as tar shards."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.confusions import SHARE, STORE, hard_pool
from core.cli.console import Refusal, Verbs, bounded, printable, progress, say

if TYPE_CHECKING:
    from core.synth.series import Recipe


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "synthesize",
        help="make synthetic strips or scenes with labels",
        description="Make pictures of invented VINs: straightened strips, or whole photos with --scenes. The "
        "same seed gives the same bytes on the same fonts, whatever the number of workers; what is there "
        "already is not made again.",
    )
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="for pictures and labels.csv")
    verb.add_argument(
        "--count", type=bounded(int, 1, 100_000_000), required=True, metavar="N", help="how many"
    )
    verb.add_argument("--seed", type=bounded(int, 0), default=1, metavar="S", help="default %(default)s")
    verb.add_argument("--scenes", action="store_true", help="whole photos (JPEG) instead of strips (PNG)")
    verb.add_argument(
        "--workers",
        type=bounded(int, 0, 256),
        default=0,
        metavar="N",
        help="processes that draw; default here",
    )
    verb.add_argument(
        "--shards", type=bounded(int, 1, 1_000_000), default=0, metavar="N",
        help="tar shards (WebDataset) of N pictures instead of loose files",
    )  # fmt: skip
    verb.add_argument(
        "--trouble", default="", metavar="KIND", help="glare, dirt ...; any draws one each time"
    )
    verb.add_argument(
        "--severity", type=bounded(float, 0.01, 1), default=0.0, metavar="X",
        help="of the trouble; without it each picture has its own",
    )  # fmt: skip
    verb.add_argument(
        "--confusions", metavar="FILE", help="draw VINs from what readers mix up: a CSV label,read,count, or "
        f"`{STORE}` for the label store's",
    )  # fmt: skip
    verb.add_argument(
        "--confusable", type=bounded(float, 0, 1), metavar="SHARE",
        help="of the noise half's characters that are easily confused ones; 0.3, with --confusions 0.6",
    )  # fmt: skip
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Make what is missing, then the sorted labels and the sheet."""
    from core.jobs.series import SHEET, write_series
    from core.store.errors import StoreError
    from core.synth.glyphs import NoFonts

    recipe = _recipe(options)
    made = 0
    try:
        steps = write_series(recipe, options.out, options.count, options.workers, options.shards)
        for new in progress(steps, recipe.kind, options.count):
            made += new
    except (NoFonts, StoreError) as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(
            f"{options.out} cannot be written ({error.strerror}); make room or name another"
        ) from error
    there = options.count - made
    say(f"{made} {recipe.kind} made, {there} were there; see {printable(str(options.out / SHEET))}")
    return 0


def _recipe(options: argparse.Namespace) -> Recipe:
    from core.synth.series import Recipe, confused
    from core.synth.vins import HARD

    try:
        recipe = Recipe(
            "scenes" if options.scenes else "strips", options.seed, options.trouble, options.severity
        )
        if options.confusions:
            share = SHARE if options.confusable is None else options.confusable
            recipe = confused(recipe, hard_pool(options.confusions), share)
        elif options.confusable is not None:
            recipe = confused(recipe, HARD, options.confusable)
    except ValueError as error:
        raise Refusal(str(error)) from error
    return recipe

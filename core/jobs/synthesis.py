"""A series of synthetic pictures as a job; it goes on where it was broken off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.jobs.progress import Progress
from core.jobs.series import SHEET, write_series
from core.store.connect import Store
from core.store.errors import Refused
from core.store.jobs import Job, put_job
from core.synth.capture import CaptureConfig
from core.synth.glyphs import NoFonts
from core.synth.scenes import SceneConfig
from core.synth.series import Recipe
from core.synth.strips import StripConfig

PICTURES = "pictures"
"""Folder of the series, below the job's own."""

MOST = 10_000_000


@dataclass(frozen=True)
class SeriesOrder:
    """What a series is asked to be.

    Attributes:
        recipe: what its pictures are.
        count: how many.
        shards: pictures per tar shard, 0 for loose files.
        workers: processes that draw.
    """

    recipe: Recipe
    count: int
    shards: int = 1000
    workers: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise Refused(f"a series of {self.count} pictures; give 1 to {MOST:,}")
        if not (0 <= self.shards <= 1_000_000 and 0 <= self.workers <= 256):
            raise Refused("a shard holds up to 1,000,000 pictures, and up to 256 processes draw")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> SeriesOrder:
        """Out of a job's config.

        Raises:
            Refused: a name or a value that there is not.
        """
        try:
            said = dict(config["recipe"])
            strips, scenes = dict(said.pop("strips")), dict(said.pop("scenes"))
            strips["capture"] = CaptureConfig(**strips["capture"])
            scenes["capture"] = CaptureConfig(**scenes["capture"])
            recipe = Recipe(**said, strips=StripConfig(**strips), scenes=SceneConfig(**scenes))
            return cls(recipe, **{name: value for name, value in config.items() if name != "recipe"})
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"a series cannot be made like that ({error})") from error


def put_series(store: Store, person: int, order: SeriesOrder) -> Job:
    """Queue a series.

    Raises:
        NotAllowed: the person may not ``learn``.
    """
    return put_job(store, person, f"synthesize {order.recipe.kind}", asdict(order))


def synthesize(_store: Store, job: Job, progress: Progress) -> str:
    """Draw what is missing."""
    order = SeriesOrder.of(job.config)
    kind = order.recipe.kind
    progress.tell(0.0, "looking for what is there")
    steps = write_series(order.recipe, progress.folder / PICTURES, order.count, order.workers, order.shards)
    made = 0
    try:
        for number, new in enumerate(steps, start=1):
            made += new
            progress.tell(number / order.count, f"{number:,} of {order.count:,} {kind}")
    except NoFonts as error:
        raise Refused(str(error)) from error
    progress.tell(metrics={"pictures": order.count, "made": made})
    return f"{order.count:,} {kind} in runs/{progress.folder.name}/{PICTURES} of the data folder"


def sheet_of(job: Job) -> bytes:
    """The contact sheet of a series, PNG; empty where there is none."""
    try:
        return (Path(job.folder) / PICTURES / SHEET).read_bytes()
    except OSError:
        return b""

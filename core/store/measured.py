"""What the Measure desk asks: readings beside approved labels, times of readings, times of labels.

Every question asks for the viewer's right to measure. Nothing is said of a person. A label with a ``?``
measures nothing, so it never counts; nor does a label that nobody approved.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.store.connect import Store, rows, scalar
from core.store.people import allowed

NEWEST_READINGS = 5_000
"""Readings whose times by stage are looked at: they stand in each reading's own record."""

NEWEST_LABELS = 20_000
"""Timed labels that are looked at."""

HELP = {
    "kept": "reading, kept as it was",
    "corrected": "reading, corrected",
    "none": "no reading",
    "blind": "blind second label",
}
"""What a labeller had in front of them."""

Fact = tuple[
    int, str, bool, str | None, str | None, bool, float, float, str, str, str | None, str | None, int, int
]
"""``(photo, models, right, read, label, some, confidence, at, status, year, kind, tags, gold, newest)``: one
reading of a photo with an approved label.

``right``: all characters are the label's; only where they are not are ``read`` and ``label`` told. ``some``:
anything was read. ``year``: of the label, what tells maker and model year: its first three characters, the
seventh and the tenth. ``tags``: as JSON. ``gold``: 1 of a photo that only measures. ``newest``: 1 where no
later reading of the photo is there.
"""


@dataclass(frozen=True)
class Measured:
    """What there is to measure with.

    Attributes:
        facts: readings in the order in which they were made.
        taught: photo -> when its label first went into a snapshot for training, or a run began that learnt
            from its pseudo-label, seconds since 1970 UTC.
        photos: in the store, forgotten ones left out.
        readings: in the store.
        approved: photos with an approved label.
        gapped: of them those whose label has a ``?``.
    """

    facts: list[Fact]
    taught: dict[int, float]
    photos: int
    readings: int
    approved: int
    gapped: int


@dataclass(frozen=True)
class LabelTime:
    """One label that was timed.

    Attributes:
        at: seconds since 1970 UTC.
        seconds: spent.
        help: key of ``HELP``.
    """

    at: float
    seconds: float
    help: str


@dataclass(frozen=True)
class Range:
    """Which readings or labels; what is left empty does not matter.

    Attributes:
        since: at this time or later, seconds since 1970 UTC.
        until: before this time.
        models: of this set of networks.
        kind: on photos of this kind.
    """

    since: float | None = None
    until: float | None = None
    models: str = ""
    kind: str = ""


def stamp(store: Store) -> tuple[int, ...]:
    """Changes whenever the store's files do, so that what was worked out from them can be kept until then."""
    found: list[int] = []
    for name in (store.path, store.path.with_name(store.path.name + "-wal")):
        try:
            about = name.stat()
        except OSError:
            continue
        if about.st_size:  # an empty WAL comes and goes with whoever reads
            found += (about.st_ino, about.st_mtime_ns, about.st_size)
    return tuple(found)


def measured(store: Store, viewer: int) -> Measured:
    """All readings of photos with an approved label, and how much there is in all.

    Raises:
        NotAllowed: the viewer may not measure.
    """
    with store.reading() as db:
        allowed(db, viewer, "measure")
        facts = db.execute(
            "SELECT r.photo, r.models, r.vin IS p.vin, CASE WHEN r.vin != p.vin THEN r.vin END, "
            "CASE WHEN r.vin != p.vin THEN p.vin END, r.vin IS NOT NULL, r.confidence, r.at, r.status, "
            "substr(p.vin, 1, 3) || substr(p.vin, 7, 1) || substr(p.vin, 10, 1), p.kind, p.tags, "
            "p.gold = 1 OR p.side IS 'gold', p.prediction IS r.id "
            "FROM predictions r CROSS JOIN photos p ON p.id = r.photo "
            "WHERE p.state = 'approved' AND length(p.vin) = 17 AND NOT instr(p.vin, '?') ORDER BY r.id"
        ).fetchall()
        taught = dict(db.execute(
            "SELECT photo, MIN(at) FROM ("
            "SELECT i.photo, s.at AS at FROM snapshot_items i JOIN snapshots s ON s.id = i.snapshot "
            "WHERE i.side = 'train' UNION ALL SELECT t.photo, r.started FROM taught t "
            "JOIN runs r ON r.id = t.run WHERE r.state = 'done') GROUP BY photo"
        ).fetchall())  # fmt: skip
        photos = scalar(db, "SELECT COUNT(*) FROM photos WHERE state != 'forgotten'")
        readings = scalar(db, "SELECT COUNT(*) FROM predictions")
        approved = scalar(db, "SELECT COUNT(*) FROM photos WHERE state = 'approved'")
        gapped = scalar(db, "SELECT COUNT(*) FROM photos WHERE state = 'approved' AND instr(vin, '?')")
    return Measured(facts, taught, int(photos), int(readings), int(approved), int(gapped))


def stage_times(
    store: Store, viewer: int, wanted: Range, most: int = NEWEST_READINGS
) -> list[dict[str, float]]:
    """Milliseconds by stage of the newest readings that are no errors, newest first.

    Raises:
        NotAllowed: the viewer may not measure.
    """
    terms, values = _within("r.at", wanted)
    if wanted.models:
        terms, values = [*terms, "r.models = ?"], [*values, wanted.models]
    if wanted.kind:
        terms = [*terms, "EXISTS (SELECT 1 FROM photos WHERE id = r.photo AND kind = ?)"]
        values = [*values, wanted.kind]
    with store.reading() as db:
        allowed(db, viewer, "measure")
        found = db.execute(
            "SELECT json_extract(r.reading, '$.milliseconds') FROM predictions r "
            f"WHERE {' AND '.join(['r.status != ?', *terms])} ORDER BY r.id DESC LIMIT ?",
            ["error", *values, most],
        ).fetchall()
    told = [json.loads(text) for (text,) in found if text]
    return [{str(stage): float(spent) for stage, spent in one.items()} for one in told if one]


def label_times(store: Store, viewer: int, wanted: Range, most: int = NEWEST_LABELS) -> list[LabelTime]:
    """The newest timed labels, newest first; whose they are is not told.

    Raises:
        NotAllowed: the viewer may not measure.
    """
    terms, values = _within("e.at", wanted)
    joined = ""
    if wanted.models:
        joined = "CROSS JOIN predictions r ON r.id = e.prediction "
        terms, values = [*terms, "r.models = ?"], [*values, wanted.models]
    if wanted.kind:
        joined += "CROSS JOIN photos p ON p.id = e.photo "
        terms, values = [*terms, "p.kind = ?"], [*values, wanted.kind]
    # All filters stand inside: the newest are taken of what is asked for. The wider choice of actions is the
    # index's own condition, without which SQLite would refuse to go by it.
    which = ["e.action IN ('label', 'reject')", "e.action = 'label'", "e.seconds > 0", *terms]
    with store.reading() as db:
        allowed(db, viewer, "measure")
        found = rows(
            db,
            "SELECT e.at, e.seconds, CASE WHEN e.track != 0 THEN 'blind' WHEN r.vin IS NULL THEN 'none' "
            "WHEN e.text IS r.vin THEN 'kept' ELSE 'corrected' END AS help FROM ("
            f"SELECT e.id FROM events e INDEXED BY events_pace {joined}WHERE {' AND '.join(which)} "
            "ORDER BY e.at DESC LIMIT ?) n CROSS JOIN events e ON e.id = n.id "
            "LEFT JOIN predictions r ON r.id = e.prediction ORDER BY e.at DESC",
            [*values, most],
        )
    return [LabelTime(row["at"], row["seconds"], row["help"]) for row in found]


def _within(column: str, wanted: Range) -> tuple[list[str], Sequence[float | str]]:
    bounds = ((">=", wanted.since), ("<", wanted.until))
    given = [(f"{column} {sign} ?", float(bound)) for sign, bound in bounds if bound is not None]
    return [term for term, _ in given], [value for _, value in given]

"""Photos: taking them in, finding them, counting them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from core.store import files
from core.store.connect import Row, Store, first, insert, rows
from core.store.content import Corners, tag_of
from core.store.entries import PhotoEntry
from core.store.errors import Gone, Refused
from core.store.schema import dice_of
from core.store.texts import NAME, WORD, checked, compact, file_name


@dataclass(frozen=True)
class Incoming:
    """A photo on its way in.

    Attributes:
        data: the file's bytes.
        name: as it came; shown, never opened.
        origin: folder, upload or labels file.
        region: quads that hold the VIN, where that is told without a text.
        side: ``train``, ``val`` or ``gold`` where that is fixed from outside.
        kind: what carries the VIN, where known.
        tags: troubles, where known.
    """

    data: bytes
    name: str
    origin: str
    region: tuple[Corners, ...] = ()
    side: str | None = None
    kind: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """Which photos to find; what is left as it is does not matter.

    Attributes:
        states: any of these.
        vin: part of the label's or the prediction's VIN.
        kind: exactly this.
        tag: carries this one.
        maker: WMI, three characters.
        origin: exactly this.
        status: of the newest prediction.
        below: the prediction's confidence is under this.
        side: train, val or gold.
    """

    states: tuple[str, ...] = ()
    vin: str = ""
    kind: str = ""
    tag: str = ""
    maker: str = ""
    origin: str = ""
    status: str = ""
    below: float | None = None
    side: str = ""


def add_photo(store: Store, photo: Incoming) -> int:
    """Take one photo in; one that is there already keeps its id and everything else.

    Raises:
        core.images.ImageError: the bytes are no photo that can be read.
        Gone: it was forgotten.
        Refused: a name or tag cannot be stored.
        Unwritable: the disk refuses.
    """
    ready = prepare(store, photo)
    with store.writing() as db:
        return put(db, ready, store.now())


def prepare(store: Store, photo: Incoming) -> Row:
    """Check and decode a photo and write its file; the row that :func:`put` adds, outside any transaction.

    Raises:
        As :func:`add_photo`.
    """
    sha256 = hashlib.sha256(photo.data).hexdigest()
    with store.reading() as db:
        state = state_of(db, sha256)
    if state == "forgotten":
        raise Gone(f"{photo.name[:80]} was forgotten on request and is not taken in again")
    texts: Row = {
        "name": file_name(photo.name),
        "origin": file_name(photo.origin),
        "region": compact(photo.region, "the region") if photo.region else None,
        "side": photo.side or None,
        "kind": checked(photo.kind, "the kind", WORD) or None,
        "tags": json.dumps(sorted({tag_of(tag) for tag in photo.tags})),
    }
    if texts["side"] not in (None, "train", "val", "gold"):
        raise Refused(f"{str(photo.side)[:NAME]!r} is no side; there are train, val and gold")
    if state is not None:
        return {"sha256": sha256, **texts}
    decoded, kind = files.sized(photo.data)
    files.write_photo(store, photo.data)
    width, height = decoded.size
    return {
        "sha256": sha256,
        **texts,
        "phash": files.perceptual_hash(decoded.pixels),
        "width": width,
        "height": height,
        "bytes": len(photo.data),
        "format": kind,
        "dice": dice_of(sha256),
    }


def put(db: Database, ready: Row, now: float) -> int:
    """Add a prepared photo within a transaction; what was not known of one that is there is filled in."""
    row = first(db, "SELECT id, state, side, kind, region FROM photos WHERE sha256 = ?", [ready["sha256"]])
    if row is None:
        return insert(db, "photos", {**ready, "added": now, "changed": now})
    if row["state"] == "forgotten":
        raise Gone("the photo was forgotten on request and is not taken in again")
    db.execute(
        "UPDATE photos SET side = COALESCE(side, ?), kind = COALESCE(kind, ?), region = COALESCE(region, ?) "
        "WHERE id = ?",
        [ready["side"], ready["kind"], ready["region"], row["id"]],
    )
    return int(row["id"])


def known(store: Store, hashes: Iterable[str]) -> dict[str, int]:
    """Which of these sha256 are here, with their ids; forgotten ones count."""
    found: dict[str, int] = {}
    wanted = list(hashes)
    with store.reading() as db:
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join("?" * len(part))
            found.update(db.execute(f"SELECT sha256, id FROM photos WHERE sha256 IN ({marks})", part))
    return found


def photo(store: Store, key: int) -> PhotoEntry:
    """One photo by its id.

    Raises:
        Gone: there is none, or it was forgotten.
    """
    with store.reading() as db:
        return PhotoEntry.from_row(present(db, key))


def present(db: Database, key: int) -> Row:
    """A photo's row, unless it is forgotten."""
    row = first(db, "SELECT * FROM photos WHERE id = ?", [key])
    if row is None:
        raise Gone(f"there is no photo {key}")
    if row["state"] == "forgotten":
        raise Gone(f"photo {key} was forgotten on request")
    return row


def state_of(db: Database, sha256: str) -> str | None:
    """The state of a photo by its hash, None of an unknown one."""
    row = first(db, "SELECT state FROM photos WHERE sha256 = ?", [sha256])
    return row["state"] if row else None


def find(store: Store, wanted: Wanted, limit: int = 50, after: int = 0) -> list[PhotoEntry]:
    """Photos in the order of their ids, ``limit`` at a time; go on with ``after`` = the last one's id."""
    conditions, values = _conditions(wanted)
    sql = f"SELECT * FROM photos p WHERE {conditions} AND p.id > ? ORDER BY p.id LIMIT ?"
    with store.reading() as db:
        return [PhotoEntry.from_row(row) for row in rows(db, sql, [*values, after, limit])]


def with_vin(store: Store, vin: str, besides: int = 0, limit: int = 3) -> list[PhotoEntry]:
    """Photos whose label, or else whose reading, is exactly this VIN; labelled ones first.

    Args:
        store: where.
        vin: 17 characters.
        besides: a photo that is left out.
        limit: how many at most.
    """
    (vin,) = _plain([vin])
    # Two looks into indexes: one condition with OR would go through all photos.
    sql = (
        "SELECT * FROM (SELECT * FROM photos WHERE vin = :vin UNION ALL "
        "SELECT * FROM photos INDEXED BY photos_by_read WHERE vin IS NULL AND read = :vin) "
        "WHERE id != :besides AND state != 'forgotten' ORDER BY vin IS NULL, id LIMIT :limit"
    )
    with store.reading() as db:
        found = rows(db, sql, {"vin": vin, "besides": besides, "limit": limit})
        return [PhotoEntry.from_row(row) for row in found]


def count(store: Store, wanted: Wanted) -> int:
    """How many photos :func:`find` would give in all."""
    conditions, values = _conditions(wanted)
    with store.reading() as db:
        return int(db.execute(f"SELECT COUNT(*) FROM photos p WHERE {conditions}", values).fetchone()[0])


def counts(store: Store) -> dict[str, int]:
    """State -> number of photos."""
    with store.reading() as db:
        return dict(db.execute("SELECT state, COUNT(*) FROM photos GROUP BY state ORDER BY state").fetchall())


def _conditions(wanted: Wanted) -> tuple[str, list]:
    terms: list[str] = []
    values: list = []

    def add(term: str, *given: object) -> None:
        terms.append(term)
        values.extend(given)

    if wanted.states:
        add(f"p.state IN ({', '.join('?' * len(wanted.states))})", *_plain(wanted.states))
    else:
        add("p.state != 'forgotten'")
    if wanted.vin:
        # instr, not LIKE: a per cent sign in a search is a per cent sign.
        (part,) = _plain([wanted.vin.upper()])
        # Two scans of small indexes; one of the table would take ten times as long.
        add(
            "p.id IN (SELECT id FROM photos WHERE instr(vin, ?) "
            "UNION ALL SELECT id FROM photos INDEXED BY photos_by_read WHERE vin IS NULL AND instr(read, ?))",
            *(part, part),
        )
    for column, value in (("kind", wanted.kind), ("wmi", wanted.maker), ("origin", wanted.origin),
                          ("status", wanted.status), ("side", wanted.side)):  # fmt: skip
        if value:
            add(f"p.{column} = ?", *_plain([value]))
    if wanted.tag:
        add("instr(p.tags, ?)", json.dumps(wanted.tag))
    if wanted.below is not None:
        add("p.confidence < ?", float(wanted.below))
    return " AND ".join(terms), values


def _plain(texts: Sequence[str]) -> list[str]:
    return [checked(text, "what is looked for", 4096) for text in texts]

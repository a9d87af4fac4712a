"""Pseudo-label rounds: what readers agreed on, the evidence for it, and the people who vouch for a sample.

A round teaches nobody before its audit is over: a random sample of what it accepted goes to the Label desk
first, and where people find fewer right than the target, the whole round is withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from core.store.connect import Row, Store, first, insert, rows, scalar, update
from core.store.entries import Corners, corners_in
from core.store.errors import Refused
from core.store.held_out import held_out
from core.store.people import allowed
from core.store.texts import NAME, NOTE, checked, compact
from core.vin import UNREAD

STATES = ("audit", "accepted", "withdrawn", "noted")
"""Waiting for people; may teach; may not; written down by a command."""


@dataclass(frozen=True)
class PseudoLabel:
    """What a round says of one photo.

    Attributes:
        photo: its id.
        sha256: of its file; not needed to keep one.
        text: 17 characters, ``?`` where the readers were not sure.
        quads: the line, pixels of the upright photo.
        evidence: per slot how sure, each reader's own word, fit, check digit.
        accepted: whether the round takes it.
        audit: whether people are asked about it.
    """

    photo: int
    sha256: str
    text: str
    quads: tuple[Corners, ...]
    evidence: dict[str, Any]
    accepted: bool
    audit: bool = False


@dataclass(frozen=True)
class Audit:
    """What people said of a round's sample.

    Attributes:
        asked: photos of the sample.
        answered: of them labelled or rejected since.
        right: of these, photos whose kept characters all are right.
        slots: kept characters on answered photos that people could read.
        slots_right: of them right.
    """

    asked: int
    answered: int
    right: int
    slots: int
    slots_right: int


@dataclass(frozen=True)
class Round:
    """One labelling round.

    Attributes:
        id: in this store.
        run: the job that made it.
        teacher: fingerprints of the readers.
        photos: that were looked at.
        accepted: of them.
        state: one of ``STATES``.
        target: share of accepted photos that must be right.
        reason: of the state.
        figures: thresholds and what was measured.
        audit: what people said so far.
        at: seconds since 1970 UTC.
    """

    id: int
    run: int | None
    teacher: str
    photos: int
    accepted: int
    state: str
    target: float
    reason: str
    figures: dict[str, Any]
    audit: Audit
    at: float


@dataclass(frozen=True)
class PoolPhoto:
    """A photo that nobody labelled.

    Attributes:
        photo: its id.
        sha256: of its file.
        region: where the VIN is, if that was told.
    """

    photo: int
    sha256: str
    region: tuple[Corners, ...]


_MAY_TEACH = (
    "p.state = 'open' AND COALESCE(p.side, 'train') = 'train' AND p.gold = 0 AND COALESCE(p.vin_group, '') "
    "NOT IN (SELECT vin_group FROM photos WHERE side IN ('gold', 'val') AND vin_group IS NOT NULL)"
)


def pool(store: Store) -> list[PoolPhoto]:
    """The photos that a round may label: open, and not of a car that measures."""
    with store.reading() as db:
        found = rows(db, f"SELECT id, sha256, region FROM photos p WHERE {_MAY_TEACH} ORDER BY id")
    return [PoolPhoto(row["id"], row["sha256"], corners_in(row["region"])) for row in found]


def pool_size(store: Store) -> int:
    """How many photos a round may label."""
    with store.reading() as db:
        return int(scalar(db, f"SELECT COUNT(*) FROM photos p WHERE {_MAY_TEACH}") or 0)


def keep_round(
    store: Store, run: int, teacher: str, labels: Sequence[PseudoLabel], target: float,
    figures: Mapping[str, Any],
) -> int:  # fmt: skip
    """Write a round down, all of it or nothing; returns its id. It waits for its audit."""
    taken = [label for label in labels if label.accepted]
    with store.writing() as db:
        there = scalar(db, "SELECT id FROM rounds WHERE run = ?", [run])
        if there is not None:  # the job was broken off just after this
            return int(there)
        key = insert(db, "rounds", {
            "run": run, "teacher": checked(teacher, "the teacher", NAME, least=1), "photos": len(labels),
            "accepted": len(taken), "figures": compact(dict(figures), "the figures"), "at": store.now(),
            "state": "audit" if taken else "withdrawn", "target": float(target),
            "reason": "people look at a sample on the Label desk" if taken else "nothing was accepted",
        })  # fmt: skip
        for label in labels:
            # Forgotten, or labelled by a person, while the round went on.
            if scalar(db, "SELECT 1 FROM photos WHERE id = ? AND state != 'forgotten'", [label.photo]):
                insert(db, "pseudo_labels", {
                    "round": key, "photo": label.photo, "text": label.text, "quads": json.dumps(label.quads),
                    "evidence": compact(label.evidence, "the evidence"), "accepted": int(label.accepted),
                    "audit": int(label.audit and label.accepted),
                })  # fmt: skip
    return key


def settle_rounds(store: Store) -> None:
    """Let rounds teach whose sample is pure enough, and withdraw those that cannot become so any more."""
    with store.reading() as db:
        waiting = [row["id"] for row in rows(db, "SELECT id FROM rounds WHERE state = 'audit'")]
        due = [key for key in waiting if _decision(db, key) is not None]
    for key in due:
        with store.writing() as db:
            decided = _decision(db, key)
            if decided is not None and scalar(db, "SELECT state FROM rounds WHERE id = ?", [key]) == "audit":
                update(db, "rounds", key, {"state": decided[0], "reason": decided[1]})


def withdraw(store: Store, key: int, person: int, why: str) -> None:
    """Take a whole round back; runs that begin from now on do not see it.

    Raises:
        Refused: there is no such round, or it is withdrawn already.
        NotAllowed: the person may not ``learn``.
    """
    why = checked(why, "the reason", NOTE, least=1)
    with store.writing() as db:
        who = allowed(db, person, "learn")
        state = scalar(db, "SELECT state FROM rounds WHERE id = ?", [key])
        if state not in ("audit", "accepted"):
            raise Refused(f"round {key} is {state or 'not there'}; there is nothing to withdraw")
        update(db, "rounds", key, {"state": "withdrawn", "reason": f"withdrawn by {who.name}: {why}"})


def labelling_rounds(store: Store) -> list[Round]:
    """All rounds with their audits, newest first."""
    with store.reading() as db:
        found = rows(db, "SELECT * FROM rounds ORDER BY id DESC")
        return [
            Round(
                row["id"], row["run"], row["teacher"], row["photos"], row["accepted"], row["state"],
                row["target"], row["reason"], json.loads(row["figures"]), _audit(db, row["id"]), row["at"],
            )
            for row in found
        ]  # fmt: skip


def pseudo_labels(store: Store, key: int, only: str = "") -> list[PseudoLabel]:
    """What a round said, in the order of the photos; ``only`` ``audit`` or ``accepted``."""
    which = f" AND a.{only} = 1" if only in ("audit", "accepted") else ""
    sql = f"{_LABELS} WHERE a.round = ?{which} ORDER BY a.photo"
    with store.reading() as db:
        return [_label(row) for row in rows(db, sql, [key])]


def accepted_labels(store: Store) -> list[PseudoLabel]:
    """What may teach now: accepted by a round that passed its audit, and of no photo that people labelled.

    Nor of a gold or val car, by what was read: nobody else may have told yet whose photo it is.
    """
    with store.reading() as db:
        return [_label(row) for row in _accepted(db, "a.*, p.sha256")]


def accepted_count(store: Store) -> int:
    """How many photos :func:`accepted_labels` tells of."""
    with store.reading() as db:
        return len(_accepted(db, "a.text"))


def _accepted(db: Database, columns: str) -> list[Row]:
    found = rows(
        db,
        f"SELECT {columns} FROM pseudo_labels a JOIN photos p ON p.id = a.photo JOIN rounds r "
        f"ON r.id = a.round WHERE r.state = 'accepted' AND a.accepted = 1 AND {_MAY_TEACH} AND a.round = "
        "(SELECT MAX(b.round) FROM pseudo_labels b JOIN rounds q ON q.id = b.round "
        "WHERE b.photo = a.photo AND q.state = 'accepted' AND b.accepted = 1) ORDER BY a.photo",
    )
    fit = held_out(db).fit([row["text"] for row in found])
    return [row for row, measures in zip(found, fit, strict=True) if not measures]


_LABELS = "SELECT a.*, p.sha256 FROM pseudo_labels a JOIN photos p ON p.id = a.photo"


def _decision(db: Database, key: int) -> tuple[str, str] | None:
    row = first(db, "SELECT target FROM rounds WHERE id = ?", [key])
    assert row is not None
    audit = _audit(db, key)
    told = f"{audit.right} of {audit.answered} audited photos are right, the target is {row['target']:.1%}"
    best = audit.right + audit.asked - audit.answered
    if audit.asked == 0 or best / audit.asked < row["target"]:
        return "withdrawn", f"below the target: {told}" if audit.asked else "its sample was forgotten"
    return ("accepted", told) if audit.answered == audit.asked else None


def _audit(db: Database, key: int) -> Audit:
    found = rows(
        db,
        "SELECT a.text, p.state, p.vin FROM pseudo_labels a JOIN photos p ON p.id = a.photo "
        "WHERE a.round = ? AND a.audit = 1",
        [key],
    )
    answered = [row for row in found if row["vin"] is not None or row["state"] == "rejected"]
    right = slots = slots_right = 0
    for row in answered:
        # A photo that a person finds unusable should not have been accepted.
        truth = row["vin"] if row["state"] != "rejected" else None
        pairs = [(a, b) for a, b in zip(truth or "", row["text"], strict=False) if UNREAD not in (a, b)]
        slots += len(pairs)
        slots_right += sum(a == b for a, b in pairs)
        right += truth is not None and all(a == b for a, b in pairs)
    return Audit(len(found), len(answered), right, slots, slots_right)


def _label(row: Row) -> PseudoLabel:
    return PseudoLabel(
        row["photo"], row["sha256"], row["text"], corners_in(row["quads"]), json.loads(row["evidence"]),
        bool(row["accepted"]), bool(row["audit"]),
    )  # fmt: skip

"""A labelling round as a job: the champions label the pool, people vouch for a sample of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core import registry
from core.geometry import Quad
from core.images import ImageError, decode
from core.interval import wilson
from core.jobs.progress import Progress
from core.learn.pseudo import Proposal, RoundConfig, Teachers, at_slot, bounds_for, fits, purest
from core.reader import VinReader
from core.records import Photo
from core.store.batch import around
from core.store.connect import Store
from core.store.entries import corners_of
from core.store.errors import Gone, Refused
from core.store.files import read_photo
from core.store.groups import regroup
from core.store.items import labelled_items
from core.store.jobs import Job, put_job
from core.store.rounds import PoolPhoto, PseudoLabel, keep_round, pool
from core.vin import UNREAD

FOUND = "proposals.jsonl"


@dataclass(frozen=True)
class RoundOrder:
    """What a round is asked to do.

    Attributes:
        target: share of the accepted photos that must be right in every character that was kept.
        audit: accepted photos that people look at.
        known: transcribed photos at most on which the bounds are fitted.
        most: photos of the pool at most, 0 for all.
        seed: of the audit's draw.
    """

    target: float = 0.97
    audit: int = 40
    known: int = 300
    most: int = 0
    seed: int = 1

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> RoundOrder:
        """Out of a job's config.

        Raises:
            Refused: a name or a value that there is not.
        """
        try:
            made = cls(**config)
        except TypeError as error:
            raise Refused(f"a round has no such setting ({error})") from error
        if not (0.5 <= made.target < 1 and made.audit >= 1 and made.known >= 0 and made.most >= 0):
            raise Refused("a round's target lies between 0.5 and 1, and its audit has one photo at least")
        return made


def put_round(store: Store, person: int, order: RoundOrder, threads: int = 0) -> Job:
    """Queue a round.

    Raises:
        NotAllowed, Refused: as their names say.
    """
    return put_job(store, person, "round", asdict(RoundOrder.of(asdict(order))), threads=threads)


def label_pool(store: Store, job: Job, progress: Progress) -> str:
    """Read known photos and the pool, choose the threshold, keep the round with its audit sample."""
    order = RoundOrder.of(job.config)
    # Photos may have been taken in, read or labelled since the cars were last told apart.
    regroup(store)
    photos = pool(store)[: order.most or None]
    if not photos:
        raise Refused("no photo waits for a label; take some in with `python -m core predict FOLDER`")
    folder = registry.champion_folder()
    reader = VinReader.load(folder)
    networks = {name: registry.load(name, folder) for name in ("ctc", "yolo")}
    teachers = Teachers(networks, reader.panel.weights)
    models = {name: network.card.fingerprint for name, network in networks.items()}
    known = [
        (item.content.text, PoolPhoto(0, item.sha256, ()))
        for item in labelled_items(store, side="val")
        if UNREAD not in item.content.text
    ][: order.known]
    found = _Proposals(progress.folder / FOUND, models)
    work = [photo for _, photo in known] + photos
    for number, photo in enumerate(work):
        progress.tell(number / len(work), f"photo {number + 1} of {len(work)}")
        if photo.sha256 not in found.known:
            found.add(photo.sha256, _propose(store, photo, reader, teachers))
    measured = [
        (truth, proposal) for truth, photo in known if (proposal := found.known[photo.sha256]) is not None
    ]
    fitted = _fitted(measured, order.target)
    figures: dict[str, Any] = {"known": len(measured), "fitted": fitted is not None}
    config = fitted or RoundConfig()
    figures |= {"slot": config.slot, "fits": config.fits, "open": config.open, "models": models}
    figures |= _measured(measured, config)
    labels = [
        _label(photo, at_slot(proposal, config.slot), config)
        for photo in photos
        if (proposal := found.known[photo.sha256]) is not None
    ]
    labels = _with_audit(labels, order)
    taken = sum(label.accepted for label in labels)
    teacher = " ".join(f"{name}={mark}" for name, mark in sorted(models.items()))
    keep_round(store, job.id, teacher, labels, order.target, figures)
    # The evidence is in the store now, where forgetting reaches it.
    found.path.unlink(missing_ok=True)
    asked = sum(label.audit for label in labels)
    progress.tell(metrics={"pool": len(photos), "accepted": taken, "audit": asked, "slot": config.slot})
    return f"{taken} of {len(photos)} photos accepted; {asked} of them wait for people on the Label desk"


def _fitted(known: list[tuple[str, Proposal]], target: float) -> RoundConfig | None:
    """The round's bounds; None where too little is known to fit any.

    Raises:
        Refused: enough is known to see that no bounds reach the target.
    """
    best = purest(known, RoundConfig())
    if best is None:
        return None
    config, right, taken = best
    if right < target * taken:
        raise Refused(
            f"these readers label too many photos wrong: on val {right} of {taken} accepted ones are right "
            f"at best, the target is {target:.1%}; train the readers first, or lower the target"
        )
    return bounds_for(known, target, RoundConfig()) or config


class _Proposals:
    """What was read so far, in the job's folder, so that a broken-off round goes on."""

    def __init__(self, path: Path, models: Mapping[str, str]) -> None:
        self.path = path
        self.known: dict[str, Proposal | None] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if not lines or json.loads(lines[0]) != dict(models):
            # Other champions serve since: what was read before is not theirs.
            path.write_text(json.dumps(dict(models)) + "\n", encoding="utf-8")
            return
        for line in lines[1:]:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:  # broken off while it was written
                continue
            said = entry["proposal"]
            if said is not None:
                said = Proposal(**{**said, "quad": Quad(np.array(said["quad"])), "sure": tuple(said["sure"])})
            self.known[entry["sha256"]] = said

    def add(self, sha256: str, proposal: Proposal | None) -> None:
        self.known[sha256] = proposal
        told = None
        if proposal is not None:
            told = asdict(proposal) | {"quad": proposal.quad.corners.round(2).tolist()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"sha256": sha256, "proposal": told}) + "\n")


def _propose(store: Store, photo: PoolPhoto, reader: VinReader, teachers: Teachers) -> Proposal | None:
    """What the readers make of it; None where no single line is found."""
    try:
        decoded = decode(read_photo(store, photo.sha256))
    except (Gone, ImageError):
        return None
    region = around(photo.region)
    quad = _line(reader, decoded, region)
    if quad is None:
        return None
    grey = cv2.cvtColor(decoded.pixels, cv2.COLOR_RGB2GRAY)
    proposal = teachers.look(photo.sha256, grey, [quad.scaled(decoded.scale)], RoundConfig())
    return replace(proposal, quad=proposal.quad.scaled(1 / decoded.scale))


def _line(reader: VinReader, photo: Photo, region: Quad | None) -> Quad | None:
    chosen = reader.read(photo, region).chosen
    return chosen.line.parts[0] if chosen is not None and len(chosen.line.parts) == 1 else None


def _label(photo: PoolPhoto, proposal: Proposal, config: RoundConfig) -> PseudoLabel:
    evidence = {
        "sure": list(proposal.sure), "readers": proposal.readers, "fits": round(proposal.fits, 4),
        "check_digit": proposal.check_digit, "full": proposal.full,
    }  # fmt: skip
    quads = (corners_of(proposal.quad),)
    return PseudoLabel(photo.photo, photo.sha256, proposal.text, quads, evidence, proposal.accepted(config))


def _with_audit(labels: list[PseudoLabel], order: RoundOrder) -> list[PseudoLabel]:
    taken = [place for place, label in enumerate(labels) if label.accepted]
    rng = np.random.default_rng(order.seed)
    drawn = set(rng.permutation(taken)[: order.audit].tolist()) if taken else set()
    return [replace(label, audit=place in drawn) for place, label in enumerate(labels)]


def _measured(known: list[tuple[str, Proposal]], config: RoundConfig) -> dict[str, Any]:
    """Purity on transcribed photos, at the threshold that was chosen."""
    taken = [
        (truth, one) for truth, proposal in known if (one := at_slot(proposal, config.slot)).accepted(config)
    ]
    right = sum(fits(truth, one.text) for truth, one in taken)
    return {"known_accepted": len(taken), "known_right": right, "known_interval": wilson(right, len(taken))}

"""Rounds of semi-supervised labelling: readers transcribe boxed photos, and keep only what they agree on.

A slot is kept where every reader is sure of the same character, others become ``?``; a photo is kept where
few slots are open. The round's file keeps photo, text, line and evidence, so that a round can be repeated or
withdrawn. How pure a round is, is measured on transcribed photos that trained none of its readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad
from core.interval import wilson
from core.learn.crops import SQUEEZE, LabelledPhoto, read_pixels
from core.learn.strips import cut
from core.recognize.ctc import decode as decode_ctc
from core.recognize.fuse import join
from core.recognize.strips import to_input
from core.recognize.yolo import decode as decode_yolo
from core.records import SlotPosteriors
from core.rectify import quads_in_box
from core.registry import Network
from core.vin import ALPHABET, check_digit_status

SLOTS = (0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.999)
"""Thresholds per slot that :func:`bounds_for` tries."""
FITS = (-1.5, -3.0, -5.0, -8.0, -12.0)
"""Likewise, least log-likelihoods of 17 characters; that of other rows of text is far below."""
ROOM = 0.25
"""Share of the errors allowed by a target that may be seen where bounds are fitted."""


@dataclass(frozen=True)
class RoundConfig:
    """What a round accepts.

    Attributes:
        slot: least joint probability of a character that is kept.
        fits: least log-likelihood of 17 characters, for every reader.
        open: most slots of an accepted photo that may stay ``?``.
        tilts: lines tried in a box.
    """

    slot: float = 0.97
    fits: float = -1.5
    open: int = 3
    tilts: int = 7


@dataclass(frozen=True, eq=False)
class Proposal:
    """What the readers make of one boxed photo.

    Attributes:
        photo: file name.
        text: 17 characters, ``?`` where the readers are not sure or not of one mind.
        quad: the line that reads best, photo pixels.
        fits: the least log-likelihood of 17 characters over the readers.
        sure: joint probability per slot.
        readers: reader name -> its own 17 characters.
        check_digit: of the text without ``?``.
        full: the likeliest 17 characters, sure or not.
    """

    photo: str
    text: str
    quad: Quad
    fits: float
    sure: tuple[float, ...]
    readers: dict[str, str]
    check_digit: str
    full: str = ""

    @property
    def open(self) -> int:
        """How many slots are not known."""
        return self.text.count("?")

    def accepted(self, config: RoundConfig) -> bool:
        """Whether a round takes it."""
        broken = self.check_digit == "invalid" and self.open == 0
        return self.fits >= config.fits and self.open <= config.open and not broken


class Teachers:
    """The readers that label; all have the strip of the same line before them."""

    def __init__(self, networks: dict[str, Network], weights: dict[str, float] | None = None) -> None:
        self.networks, self.weights = networks, weights or {}

    def propose(self, photo: LabelledPhoto, config: RoundConfig) -> Proposal:
        """Find the line in the photo's box that reads best, and read it with everyone."""
        assert photo.box is not None
        pixels = cv2.cvtColor(read_pixels(photo.path), cv2.COLOR_RGB2GRAY)
        left, top, width, height = photo.box
        stretched = quads_in_box((left * SQUEEZE, top, width * SQUEEZE, height), config.tilts)
        quads = [Quad(quad.corners / [SQUEEZE, 1]) for quad in stretched]
        return self.look(photo.path.name, pixels, quads, config)

    def look(self, photo: str, pixels: np.ndarray, quads: Sequence[Quad], config: RoundConfig) -> Proposal:
        """Find the best of some lines in a grey photo ``(H, W)``, and read it with everyone."""
        quads = _refinements(quads[self._best(pixels, quads)])
        quad = quads[self._best(pixels, quads)]
        opinions = {name: self._read(name, pixels, [quad])[0] for name in self.networks}
        joined = join(opinions, self.weights)
        readers = {name: _text(opinion.probabilities) for name, opinion in opinions.items()}
        full = _text(joined)
        sure = tuple(round(float(share), 4) for share in joined.max(axis=1))
        return Proposal(
            photo=photo,
            text=kept_text(full, sure, readers, config.slot),
            quad=quad,
            fits=min(opinion.log_likelihood for opinion in opinions.values()),
            sure=sure,
            readers=readers,
            check_digit=check_digit_status(full),
            full=full,
        )

    def _best(self, pixels: np.ndarray, quads: Sequence[Quad]) -> int:
        opinions = self._read("ctc", pixels, quads)
        scores = [o.log_likelihood + np.log(o.probabilities.max(axis=1)).sum() for o in opinions]
        return int(np.argmax(scores))

    def _read(self, name: str, pixels: np.ndarray, quads: Sequence[Quad]) -> list[SlotPosteriors]:
        network = self.networks[name]
        height, width = network.card.input_size
        raw = network.run(to_input([cut(pixels, quad, (width, height)) for quad in quads]))[0]
        return decode_yolo(raw) if name == "yolo" else decode_ctc(raw)


def kept_text(full: str, sure: Sequence[float], readers: Mapping[str, str], slot: float) -> str:
    """The characters of which all readers are sure enough, ``?`` for the others."""
    return "".join(
        character if sure[k] >= slot and all(own[k] == character for own in readers.values()) else "?"
        for k, character in enumerate(full)
    )


def at_slot(proposal: Proposal, slot: float) -> Proposal:
    """The same with another threshold per slot."""
    full = proposal.full or proposal.text
    return replace(proposal, text=kept_text(full, proposal.sure, proposal.readers, slot))


def bounds_for(
    known: Sequence[tuple[str, Proposal]], target: float, config: RoundConfig, least: int = 20
) -> RoundConfig | None:
    """The bounds at which accepted photos are pure enough, and that keep most characters.

    A photo is right when all its kept characters are. How likely 17 characters are to a reader depends on the
    reader as much as on the photo, so that bound is fitted too. Accepted photos may err a quarter as often as
    the target allows: of several bounds the luckiest is taken, and an audit of 40 photos, which two errors
    end, withdraws every third round that is just as pure as 97 %, and every eighth with half as many errors.

    Args:
        known: ``(truth, proposal)`` of transcribed photos that trained no reader.
        target: share of the accepted photos that must be right.
        config: the other bounds.
        least: accepted photos that bounds must be measured on.

    Returns:
        None where there are too few known photos, or no bounds are pure enough.
    """
    best, most = None, 0
    for tried, right, taken, kept in _measured(known, config):
        if taken >= least and taken - right <= ROOM * (1 - target) * taken and kept > most:
            best, most = tried, kept
    return best


def purest(
    known: Sequence[tuple[str, Proposal]], config: RoundConfig, least: int = 20
) -> tuple[RoundConfig, int, int] | None:
    """The bounds that err least, with how many photos were right and accepted; None with too few of them."""
    found = [(tried, right, taken) for tried, right, taken, _ in _measured(known, config) if taken >= least]
    return max(found, key=lambda one: (one[1] / one[2], one[2]), default=None)


def _measured(
    known: Sequence[tuple[str, Proposal]], config: RoundConfig
) -> Iterator[tuple[RoundConfig, int, int, int]]:
    """All bounds, with photos that were right and accepted there, and the characters kept of these."""
    for slot in SLOTS:
        at = [(truth, at_slot(proposal, slot)) for truth, proposal in known]
        for bound in FITS:
            tried = replace(config, slot=slot, fits=bound)
            taken = [(truth, one) for truth, one in at if one.accepted(tried)]
            right = sum(fits(truth, one.text) for truth, one in taken)
            yield tried, right, len(taken), sum(len(one.text) - one.open for _, one in taken)


def fits(truth: str, text: str) -> bool:
    """Whether the known characters of both agree."""
    return all("?" in (a, b) or a == b for a, b in zip(truth, text, strict=True))


@dataclass(frozen=True)
class Purity:
    """How right accepted photos are, on transcribed ones that trained no reader.

    Attributes:
        photos: transcribed photos tried.
        accepted: of them accepted.
        full: of these without ``?``.
        exact: of the full ones right in all characters.
        slots: characters kept on accepted photos.
        right: of them right.
    """

    photos: int
    accepted: int
    full: int
    exact: int
    slots: int
    right: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share of full texts that are exact."""
        return wilson(self.exact, self.full)


def purity(pairs: Iterable[tuple[LabelledPhoto, Proposal]], config: RoundConfig) -> Purity:
    """Compare proposals with what is known."""
    tried = list(pairs)
    taken = [(label, proposal) for label, proposal in tried if proposal.accepted(config)]
    full = [(label, proposal) for label, proposal in taken if proposal.open == 0]
    kept = [
        (truth, read)
        for label, proposal in taken
        for truth, read in zip(label.vin, proposal.text, strict=True)
        if read != "?" and truth != "?"
    ]
    return Purity(
        photos=len(tried),
        accepted=len(taken),
        full=len(full),
        exact=sum(label.vin == proposal.text for label, proposal in full),
        slots=len(kept),
        right=sum(truth == read for truth, read in kept),
    )


def save_round(
    path: Path,
    proposals: Sequence[Proposal],
    config: RoundConfig,
    models: dict[str, str],
    measured: Purity | None = None,
) -> int:
    """Write a round's file; returns how many photos were accepted."""
    accepted = [proposal for proposal in proposals if proposal.accepted(config)]
    entries = [
        asdict(proposal) | {"quad": np.asarray(proposal.quad.corners).round(2).tolist()}
        for proposal in accepted
    ]
    told = {
        "models": models,
        "config": asdict(config),
        "purity": asdict(measured) if measured else None,
        "tried": len(proposals),
        "accepted": entries,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return len(accepted)


def _refinements(quad: Quad) -> list[Quad]:
    """The quad as it is, tighter, and a little turned both ways."""
    options = [quad]
    for across, slope in ((-0.18, 0.0), (0.0, -0.12), (0.0, 0.12)):
        grown = quad.widened(0.0, across)
        move = np.array([[0, -1], [0, 1], [0, 1], [0, -1]]) * slope * quad.height
        options.append(Quad(grown.corners + move))
    return options


def _text(posterior: np.ndarray) -> str:
    return "".join(ALPHABET[k] for k in posterior.argmax(axis=1))

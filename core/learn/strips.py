"""What the readers learn from and are measured on: synthetic strips, real crops, boxed ``val`` photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad, resample
from core.images import ImageError, decode
from core.learn.corrections import crop_of, load_corrections
from core.learn.crops import (
    Crop,
    LabelledPhoto,
    augmented,
    beside,
    load_crops,
    load_quads,
    read_labels,
    read_pixels,
)
from core.learn.plates import Plates
from core.learn.rounds import load_round
from core.learn.score import cer
from core.recognize.strips import MARGIN, to_input
from core.rectify import quads_in_box
from core.synth.others import other_row
from core.synth.strips import StripConfig, jittered, synthetic_strip
from core.synth.troubles import KINDS, trouble
from core.synth.views import STRIPS, drawn_plate, line_of, photographed
from core.vin import ALPHABET, LENGTH

SEVERITY = (0.0, 0.3)
"""Of what spoils strips: more hides characters wholly, and readers would learn to guess."""
UNKNOWN = -1
"""Class of a character that cannot be read."""
NOTHING = -2
"""Class of all 17 where there is no VIN."""

Decode = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""A batch ``(n, 1, h, w)`` to slots ``(n, 17, 33)`` and log-likelihoods ``(n,)``."""


@dataclass(frozen=True)
class StripSources:
    """Where strips come from.

    Attributes:
        photos: folder with ``train.csv``; empty gives drawn strips only.
        quads: JSON of known quads of the training photos (``core.learn.ctc.quads``).
        pseudo: JSON of texts that readers agreed on, ``?`` where they did not (``core.learn.pseudo``).
        barred: names of photos in the folder that must stay out, because they are measured on.
        corrections: file of labels out of the store (:mod:`core.learn.corrections`), extents included.
        replay: share of the real crops that were known before, where there are new ones too.
        real: share of real crops in a batch.
        swap: share of the other strips that are real plates with a new VIN in place of theirs.
        others: share of strips that show no VIN: other rows, drawn and real, and VINs upside down.
        spoilt: share of drawn strips and swapped plates that glare, dirt and the like spoil.
        doubtful: also use photos some of whose characters could not be read.
        strips: how synthetic strips are made; their size is that of the network.
    """

    photos: str = ""
    quads: str = ""
    pseudo: str = ""
    barred: tuple[str, ...] = ()
    corrections: str = ""
    replay: float = 0.5
    real: float = 0.4
    swap: float = 0.5
    others: float = 0.0
    spoilt: float = 0.0
    doubtful: bool = False
    strips: StripConfig = field(default_factory=StripConfig)


@dataclass(frozen=True, eq=False)
class Example:
    """One strip to learn from.

    Attributes:
        pixels: uint8 grey ``(h, w)``.
        text: 17 characters, ``?`` where one cannot be read; empty where there is no VIN.
        extents: ``(17, 2)`` along the strip, None where nobody has drawn them.
    """

    pixels: np.ndarray
    text: str
    extents: np.ndarray | None


class StripStream:
    """Draws examples for one network's input size."""

    def __init__(self, sources: StripSources, width: int, height: int) -> None:
        self.sources = sources
        self.width, self.height = width, height
        self.drawn = replace(sources.strips, width=width, height=height)
        self.crops: list[Crop] = []
        self.plates = Plates([])
        self.fresh: list[Crop] = []
        self.lines: list[Crop] = []
        self.val: list[LabelledPhoto] = []
        if sources.corrections:
            self._learn_from(Path(sources.corrections))
        if not sources.photos:
            return
        photos = read_labels(Path(sources.photos) / "train.csv", sources.barred)
        self.val = [photo for photo in photos if photo.use == "val" and photo.read == "twice"]
        if sources.quads and sources.real > 0:
            self.crops += _crops(photos, sources)
        if sources.quads and sources.swap > 0:
            self.plates = Plates(self.crops or _crops(photos, sources))

    def draw(self, rng: np.random.Generator) -> Example:
        """One example, real with the probability that the sources ask for."""
        if self.sources.others and rng.random() < self.sources.others:
            return Example(self._other(rng), "", None)
        if (self.crops or self.fresh) and rng.random() < self.sources.real:
            crops = self.fresh or self.crops
            if self.fresh and self.crops and rng.random() < self.sources.replay:
                crops = self.crops
            return self._example(crops[int(rng.integers(len(crops)))], rng)
        if self.plates and rng.random() < self.sources.swap:
            plate = self.plates.draw(rng, self.drawn.confusable, self.drawn.hard)
            if plate is not None:
                if self.sources.spoilt and rng.random() < self.sources.spoilt:
                    plate = _spoilt_plate(plate, rng)
                return self._example(plate, rng)
        if self.sources.spoilt and rng.random() < self.sources.spoilt:
            return self._spoilt(rng)
        strip = synthetic_strip(rng, self.drawn)
        return Example(strip.pixels, strip.text, strip.extents)

    def _spoilt(self, rng: np.random.Generator) -> Example:
        """A photo of a drawn plate that something spoils."""
        config = replace(STRIPS, confusable=self.drawn.confusable, hard=self.drawn.hard)
        text, pixels, corners = drawn_plate(rng, config)
        data, places = photographed(pixels, corners, rng, SEVERITY)
        quad = jittered(line_of(places), rng, self.drawn.jitter)
        around = quad.widened(MARGIN * quad.height / quad.length, MARGIN)
        ends = [places[:, list(side)].mean(axis=1) for side in ((0, 3), (1, 2))]
        extents = np.stack([around.to_frame(points)[:, 0] for points in ends], axis=1)
        grey = cv2.cvtColor(decode(data).pixels, cv2.COLOR_RGB2GRAY)
        return Example(cut(grey, quad, (self.width, self.height)), text, extents.astype(np.float32))

    def _other(self, rng: np.random.Generator) -> np.ndarray:
        """A strip without a VIN."""
        kind = rng.random()
        if self.crops and kind < 0.5:
            crop = self.crops[int(rng.integers(len(self.crops)))]
            return augmented(beside(crop, rng), rng, self.width, self.height)[0]
        if kind < 0.85:
            return other_row(rng, self.drawn)
        # Not the blurred ones: some of those could be read either way up.
        sharp = replace(
            self.drawn, smallest=max(8.0, self.drawn.smallest), largest=max(24.0, self.drawn.largest)
        )
        return np.ascontiguousarray(synthetic_strip(rng, sharp).pixels[::-1, ::-1])

    def _example(self, crop: Crop, rng: np.random.Generator) -> Example:
        pixels, extents = augmented(crop, rng, self.width, self.height)
        return Example(pixels, crop.text, extents)

    def validate(self, decode: Decode, tilts: int) -> dict[str, float]:
        """Place given, 17 characters: exact match and CER on ``val``; else on synthetic strips.

        Of boxed photos the tilts are tried, of corrected ones the quad is known.
        """
        size = (self.width, self.height)
        pairs = [(photo.vin, read_box(photo, decode, size, tilts)) for photo in self.val]
        for crop in self.lines:
            slots, _ = decode(to_input([cut(crop.pixels, crop.quad, size)]))
            pairs.append((crop.text, to_text(slots[0])))
        if pairs:
            return figures(pairs)
        rng = np.random.default_rng(20_000)
        made = [synthetic_strip(rng, self.drawn) for _ in range(64)]
        slots, _ = decode(to_input([strip.pixels for strip in made]))
        return figures([(strip.text, to_text(slot)) for strip, slot in zip(made, slots, strict=True)])

    def _learn_from(self, path: Path) -> None:
        for correction in load_corrections(path):
            try:
                crop = crop_of(correction)
            except ImageError:  # forgotten since the file was written
                continue
            if correction.side == "val":
                # Exact match never counts what nobody could read.
                self.lines += [crop] if "?" not in crop.text else []
            else:
                (self.fresh if correction.source == "new" else self.crops).append(crop)


def _spoilt_plate(crop: Crop, rng: np.random.Generator) -> Crop:
    """A real plate with something on it, in its way or wrong with the light."""
    assert crop.extents is not None
    corners = np.stack([crop.quad.part(start, end).corners for start, end in crop.extents])
    kind = str(rng.choice(list(KINDS)))
    pixels, _ = trouble(kind, crop.pixels, corners.astype(np.float32), rng.uniform(*SEVERITY), rng)
    return replace(crop, pixels=pixels)


def classes_of(text: str) -> list[int]:
    """Characters to indices into ``vin.ALPHABET``, ``?`` to ``UNKNOWN``; 17 times ``NOTHING`` for no text."""
    if not text:
        return [NOTHING] * LENGTH
    return [UNKNOWN if character == "?" else ALPHABET.index(character) for character in text]


def read_box(photo: LabelledPhoto, decode: Decode, size: tuple[int, int], tilts: int) -> str:
    """17 characters from the likeliest tilt of a photo's box."""
    pixels = cv2.cvtColor(read_pixels(photo.path), cv2.COLOR_RGB2GRAY)
    assert photo.box is not None
    slots, likelihood = decode(to_input([cut(pixels, quad, size) for quad in quads_in_box(photo.box, tilts)]))
    return to_text(slots[int(likelihood.argmax())])


def cut(pixels: np.ndarray, quad: Quad, size: tuple[int, int]) -> np.ndarray:
    """The strip ``(h, w)`` that a reader sees of a grey photo and a line; ``size`` is ``(w, h)``."""
    return resample(pixels, quad.widened(MARGIN * quad.height / quad.length, MARGIN), *size)


def to_text(slots: np.ndarray) -> str:
    """The best character of each slot, ``(17, 33)`` to text."""
    return "".join(ALPHABET[index] for index in slots.argmax(axis=1))


def figures(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Exact match, CER and what decides between weights, of ``(truth, text)`` pairs."""
    exact = sum(truth == text for truth, text in pairs) / len(pairs)
    errors = sum(cer(truth, text) for truth, text in pairs) / len(pairs)
    return {"exact": exact, "cer": errors, "n": float(len(pairs)), "score": exact - errors}


def _crops(photos: Sequence[LabelledPhoto], sources: StripSources) -> list[Crop]:
    kinds = {"twice", "doubtful"} if sources.doubtful else {"twice"}
    quads = load_quads(Path(sources.quads))
    learnt = [photo for photo in photos if photo.use == "labelled" and photo.read in kinds]
    if sources.pseudo:
        accepted = load_round(Path(sources.pseudo))
        pool = [photo for photo in photos if photo.use == "pool" and photo.path.name in accepted]
        learnt += [replace(photo, vin=accepted[photo.path.name][0]) for photo in pool]
        quads |= {name: quad for name, (_, quad) in accepted.items()}
    if not sources.doubtful:
        learnt = [photo for photo in learnt if "?" not in photo.vin]
    return load_crops(learnt, quads)

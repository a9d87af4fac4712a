"""Both readers on the lines of one photo: the VIN's line wins, however roughly it was found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.geometry import Quad
from core.images import decode
from core.reader import VinReader
from core.records import Line, Photo, SlotPosteriors, Strip
from core.vin import ALPHABET

SAMPLES = Path(__file__).resolve().parent.parent / "assets" / "samples"
NAME, VIN = sorted(json.loads((SAMPLES.parent / "samples.json").read_text()).items())[0]


@pytest.fixture(scope="module")
def reader() -> VinReader:
    return VinReader.load()


@pytest.fixture(scope="module")
def photo() -> Photo:
    return decode((SAMPLES / NAME).read_bytes())


@pytest.fixture(scope="module")
def line(reader: VinReader, photo: Photo) -> Line:
    chosen = reader.read(photo).chosen
    assert chosen is not None
    return chosen.line


@pytest.mark.parametrize("span", [(-0.5, 1.0), (0.0, 1.3), (-0.12, 1.1)])
def test_a_line_that_runs_on_is_cut_to_the_vin(
    reader: VinReader, photo: Photo, line: Line, span: tuple[float, float]
) -> None:
    (candidate,) = reader.panel.read(photo, [Line((line.parts[0].part(*span),), 0.8)])
    assert candidate.text == VIN


def test_other_lines_stay_candidates_and_score_less(reader: VinReader, photo: Photo, line: Line) -> None:
    beside = Line((line.parts[0].part(0, 1, 2.0, 3.0),), 0.9)
    candidates = reader.panel.read(photo, [beside, line])
    assert len(candidates) == 2
    assert max(candidates, key=lambda candidate: candidate.score).text == VIN
    assert {"ctc", "yolo"} == set(max(candidates, key=lambda candidate: candidate.score).readers)


class Silent:
    """A second reader that gives up on every strip."""

    def read(self, strips: Sequence[Strip]) -> list[SlotPosteriors]:
        even = np.full((17, len(ALPHABET)), 1 / len(ALPHABET), np.float32)
        edges = np.linspace(0, 1, 18, dtype=np.float32)
        return [SlotPosteriors(even, np.stack([edges[:-1], edges[1:]], axis=1), -60.0, "") for _ in strips]


def test_what_one_reader_says_does_not_win_by_the_doubts_of_the_other(
    reader: VinReader, photo: Photo, line: Line
) -> None:
    doubting = replace(reader.panel, yolo=Silent())
    candidates = doubting.read(photo, [line] * 6)
    heard = [len(candidate.readers) for candidate in candidates]
    assert heard.count(1) == 3
    both = [one.score for one in candidates if len(one.readers) == 2]
    assert all(one.score <= min(both) for one in candidates if len(one.readers) == 1)


def test_what_lies_outside_is_left_out(reader: VinReader, photo: Photo, line: Line) -> None:
    outside = Line((line.parts[0].part(9, 10),), 0.9)
    assert reader.panel.read(photo, [outside]) == []


def test_stages_are_told(reader: VinReader, photo: Photo, line: Line) -> None:
    stages: list[str] = []
    reader.panel.read(photo, [line], stages.append)
    assert set(stages) == {"rectify", "recognize"}


class Scripted:
    """A reader that is sure of a text; where it sees the code beside the VIN it takes it for a character."""

    def __init__(self, reader: object, fooled: bool) -> None:
        self.network, self.fooled = reader.network, fooled  # type: ignore[attr-defined]
        self.seen: list[float] = []

    def read(self, strips: Sequence[Strip]) -> list[SlotPosteriors]:
        self.seen += [strip.parts[0].length for strip in strips]
        return [self._said(strip.parts[0].length > 170) for strip in strips]

    def _said(self, wide: bool) -> SlotPosteriors:
        text = "X" + VIN[1:] if self.fooled and wide else VIN
        told = np.full((17, len(ALPHABET)), 1e-5, np.float32)
        told[np.arange(17), [ALPHABET.index(character) for character in text]] = 0.999
        start = 0.15 if wide else 0.0
        places = start + (1 - start) * np.stack([np.arange(17), np.arange(1, 18)], axis=1) / 17
        return SlotPosteriors(told, places, -0.01, "X" + VIN if self.fooled and wide else VIN)


def test_a_code_beside_the_vin_is_cut_off(reader: VinReader) -> None:
    photo = Photo(np.full((60, 260, 3), 90, np.uint8))
    line = Line((Quad.from_box((20, 20, 200, 12)),), 0.9)
    for fooled in (True, False):
        ctc, yolo = Scripted(reader.panel.ctc, False), Scripted(reader.panel.yolo, fooled)
        panel = replace(reader.panel, ctc=ctc, yolo=yolo, prior=None)  # type: ignore[arg-type]
        (best,) = panel.read(photo, [line])
        assert best.text == VIN
        assert best.line.parts[0].length == pytest.approx(170 if fooled else 200)
        # Where nobody sees an eighteenth character nobody looks again.
        assert len(yolo.seen) == (2 if fooled else 1)


def test_what_both_read_alike_and_surely_is_not_looked_at_again(
    reader: VinReader, photo: Photo, line: Line
) -> None:
    """Not on its head, not cut, not moved: however doubtful one reader alone is of a character."""
    ctc, yolo = Doubting(reader.panel.ctc), Chatty(reader.panel.yolo)
    panel = replace(reader.panel, ctc=ctc, yolo=yolo)  # type: ignore[arg-type]
    (best,) = panel.read(photo, [line])
    assert best.score >= panel.enough
    assert len(best.readers["yolo"]) > len(VIN)
    assert ctc.strips == 1


class Chatty:
    """The YOLO reader that sees a star behind the VIN."""

    def __init__(self, reader: object) -> None:
        self.reader, self.network = reader, reader.network  # type: ignore[attr-defined]

    def read(self, strips: Sequence[Strip]) -> list[SlotPosteriors]:
        """What it says, and that it sees 18 characters."""
        said = self.reader.read(strips)  # type: ignore[attr-defined]
        return [replace(one, text=VIN + "X") for one in said]


class Doubting:
    """The CTC reader, never surer than nine in ten of a character; it counts the strips it was asked for."""

    def __init__(self, reader: object) -> None:
        self.reader, self.network, self.strips = reader, reader.network, 0  # type: ignore[attr-defined]

    def read(self, strips: Sequence[Strip]) -> list[SlotPosteriors]:
        self.strips += len(strips)
        said = self.reader.read(strips)  # type: ignore[attr-defined]
        even = 0.1 / len(ALPHABET)
        return [replace(one, probabilities=0.9 * one.probabilities + np.float32(even)) for one in said]


def test_moves_are_tried_only_where_both_readers_together_are_not_sure(
    reader: VinReader, photo: Photo, line: Line
) -> None:
    counts = []
    for yolo in (reader.panel.yolo, Silent()):
        ctc = Doubting(reader.panel.ctc)
        panel = replace(reader.panel, ctc=ctc, yolo=yolo)  # type: ignore[arg-type]
        panel.read(photo, [line])
        counts.append(ctc.strips)
    sure, unsure = counts
    assert sure <= 2 < unsure

"""Both readers on the lines of one photo: the VIN's line wins, however roughly it was found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.images import decode
from core.reader import VinReader
from core.records import Line, Photo

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


def test_what_lies_outside_is_left_out(reader: VinReader, photo: Photo, line: Line) -> None:
    outside = Line((line.parts[0].part(9, 10),), 0.9)
    assert reader.panel.read(photo, [outside]) == []


def test_stages_are_told(reader: VinReader, photo: Photo, line: Line) -> None:
    stages: list[str] = []
    reader.panel.read(photo, [line], stages.append)
    assert set(stages) == {"rectify", "recognize"}

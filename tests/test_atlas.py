"""The error atlas: every wrong photo is on the page, and nothing in a file's name runs there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad
from core.learn.atlas import confusions, write_atlas
from core.learn.crops import LabelledPhoto
from core.records import Candidate, Line, Reading, Slot

TRUTH, READ = "1M8GDM9AXKP042788", "1M8GDM9AXKP0427B8"


def pair(folder: Path, name: str, vin: str | None) -> tuple[LabelledPhoto, Reading]:
    path = folder / name
    picture = np.full((120, 300, 3), 200, np.uint8)
    cv2.imencode(".png", picture)[1].tofile(str(path))
    slots = tuple(
        Slot(c, 0.5, (("8", 0.4),), 0, (k / 17, (k + 1) / 17), {"ctc": c, "yolo": c})
        for k, c in enumerate(vin or "")
    )
    line = Line((Quad.from_box((20, 40, 250, 20)),), 0.9)
    chosen = Candidate(line, slots, {"ctc": vin or ""}, 0.0, "") if vin else None
    label = LabelledPhoto(path, "val", (20, 40, 250, 20), TRUTH, "twice", frozenset({"glare"}))
    return label, Reading(vin, "review" if vin else "no_vin", 0.7, "not_applicable", chosen=chosen)


def test_wrong_photos_are_shown_and_right_ones_are_not(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, "right.png", TRUTH), pair(tmp_path, "wrong.png", READ)]
    pairs.append(pair(tmp_path, "missed.png", None))
    page = write_atlas(tmp_path / "atlas", pairs, "val").read_text()
    assert "2 of 3 photos read wrong" in page
    assert "wrong.png" in page and "missed.png" in page and "right.png" not in page
    assert "1M8GDM9AXKP0427<mark>B</mark>8" in page
    assert page.count("data:image/jpeg;base64,") == 3  # two photos, one strip


def test_confusions_count_true_and_read(tmp_path: Path) -> None:
    assert confusions([pair(tmp_path, "a.png", READ)] * 2) == [("8", "B", 2)]


def test_names_are_text(tmp_path: Path) -> None:
    page = write_atlas(tmp_path / "atlas", [pair(tmp_path, "<img onerror=x>.png", READ)], "<b>").read_text()
    assert "<img onerror" not in page and "<b>" not in page

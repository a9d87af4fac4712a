"""The Read desk without a browser: what it shows for samples, uploads, bad files and missing networks."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import images
from core.geometry import Quad
from core.records import Candidate, HeatMaps, Line, Reading, Slot
from pages.widgets import export, overlay, result, slots
from pages.widgets.readings import Read
from pages.widgets.sources import Source

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "assets" / "samples"


@pytest.fixture
def vins() -> dict[str, str]:
    """File name -> the VIN drawn on it, of the samples that the desk offers."""
    return json.loads((SAMPLES.parent / "samples.json").read_text(encoding="utf-8"))


@pytest.fixture
def desk() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def upload(desk: AppTest, *files: tuple[str, bytes]) -> AppTest:
    desk.run()
    return desk.file_uploader(key="photo_upload").set_value([(*file, "image/jpeg") for file in files]).run()


def html(desk: AppTest) -> str:
    return "\n".join(element.proto.body for element in desk.get("html"))


def test_the_desk_opens_empty(desk: AppTest, vins: dict[str, str]) -> None:
    desk.run()
    assert not desk.exception
    assert not desk.code
    assert len([button for button in desk.button if button.key.startswith("sample_")]) == len(vins)


def test_a_sample_is_read_at_one_click(desk: AppTest, vins: dict[str, str]) -> None:
    first = min(vins)
    desk.run().button(key="sample_0").click().run()
    assert not desk.exception
    assert desk.code[0].value == vins[first]
    assert html(desk).count('role="listitem"') == 17


def test_an_upload_is_read_and_comes_before_the_sample(desk: AppTest, vins: dict[str, str]) -> None:
    last = max(vins)
    desk.run().button(key="sample_0").click().run()
    upload(desk, (last, (SAMPLES / last).read_bytes()))
    assert not desk.exception
    assert [code.value for code in desk.code] == [vins[last]]


@pytest.mark.parametrize("name", ["region", "affinity", "vin"])
def test_each_heat_map_can_be_laid_over_the_photo(desk: AppTest, name: str) -> None:
    desk.run().button(key="sample_0").click().run()
    desk.segmented_control(key="heat_map").set_value(name).run()
    assert not desk.exception


def test_a_click_does_not_read_again(desk: AppTest) -> None:
    desk.run().button(key="sample_0").click().run()
    before = list(desk.session_state["readings"][1].values())
    desk.segmented_control(key="heat_map").set_value("vin").run()
    after = list(desk.session_state["readings"][1].values())
    assert len(after) == 1
    assert after[0] is before[0]


def test_a_bad_file_is_told_and_the_others_are_read(desk: AppTest, vins: dict[str, str]) -> None:
    first = min(vins)
    upload(desk, ("<i>notes</i>.jpg", b"this is no photo"), (first, (SAMPLES / first).read_bytes()))
    assert not desk.exception
    assert "&lt;i&gt;notes&lt;/i&gt;.jpg</b>: the file is text" in html(desk)
    assert "<i>notes" not in html(desk)
    assert desk.dataframe[0].value["VIN"].fillna("").tolist() == ["", vins[first]]


def test_a_single_bad_file_says_what_to_do(desk: AppTest) -> None:
    upload(desk, ("empty.jpg", b""))
    assert not desk.exception
    assert "the file is empty; copy or take the photo again" in html(desk)


def test_missing_networks_are_told_with_the_way_back(
    desk: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIN_DESK_MODELS", str(tmp_path))
    desk.run()
    assert not desk.exception
    assert "is missing" in desk.error[0].value
    assert "VIN_DESK_MODELS" in desk.error[0].value
    assert not desk.file_uploader
    monkeypatch.delenv("VIN_DESK_MODELS")
    desk.button(key="retry_models").click().run()
    assert not desk.error
    assert desk.file_uploader


def test_a_spreadsheet_finds_no_formula_in_the_csv() -> None:
    reads = [read_of(name) for name in ("=1+1.jpg", "+x.jpg", "-x.jpg", "@x.jpg", "a,b\n.jpg", "plain.jpg")]
    text = export.as_csv(reads).decode("utf-8-sig")
    names = [row["photo"] for row in csv.DictReader(io.StringIO(text))]
    assert names == ["'=1+1.jpg", "'+x.jpg", "'-x.jpg", "'@x.jpg", "a,b\n.jpg", "plain.jpg"]


def test_json_is_what_the_command_line_prints() -> None:
    one, two = read_of("a.jpg"), read_of("b.jpg")
    assert json.loads(export.as_json([one])) == one.reading.to_json("a.jpg")
    assert [entry["photo"] for entry in json.loads(export.as_json([one, two]))] == ["a.jpg", "b.jpg"]


def test_a_heat_map_lies_where_it_was_seen() -> None:
    region = np.zeros((20, 40), dtype=np.float32)
    region[4:8, 10:14] = 1.0  # centre (12, 6) in the map, at half the file's size: (24, 12) in the file
    maps = HeatMaps(region, region, region, 0.5)
    blended = overlay.blend(np.zeros((80, 160, 3), dtype=np.uint8), maps, "region", 2.0)
    rows, columns = np.nonzero(blended.sum(axis=2) > 200)
    assert abs(columns.mean() + 0.5 - 48) < 1
    assert abs(rows.mean() + 0.5 - 24) < 1


def test_the_marks_on_the_strip_stand_at_the_characters() -> None:
    quad = Quad.from_line((320, 240), 400, 50, 0.3)
    pixels = np.zeros((480, 640, 3), dtype=np.uint8)
    cv2.fillConvexPoly(pixels, quad.part(0.25, 0.5, -1, 2).corners.astype(np.int32), (255, 255, 255))
    slot = Slot("8", 0.7, (("B", 0.2),), 0, (0.25, 0.5))
    figure = slots.figure(images.from_array(pixels), quad, [slot])
    left, width = (float(share) / 100 for share in re.findall(r"(?:left|width):([\d.]+)%", figure))
    strip = images.decode(base64.b64decode(figure.partition("base64,")[2].partition('"')[0])).pixels
    bright = np.flatnonzero(strip[:, :, 0].mean(axis=0) > 128)
    assert strip.shape[1] >= 900
    assert bright[[0, -1]] / strip.shape[1] == pytest.approx([left, left + width], abs=0.005)


def test_no_reading_is_a_hundred_per_cent_sure() -> None:
    assert [result.percent(share) for share in (1.0, 0.9876, 0.05)] == ["> 99.9 %", "98.8 %", "5 %"]


def read_of(name: str) -> Read:
    reading = Reading("1M8GDM9AXKP042788", "accepted", 0.99, "valid", milliseconds={"total": 12.5})
    return Read(Source(name, b"", ""), reading)


def test_each_reader_has_a_column_and_differing_slots_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(slots.st, "html", told.append)
    slots.table(candidate_of({"ctc": "1M8GDM9AXKP042788", "yolo": "1M8GDM9AXKP04Z78"}, {13: "Z", 15: "B"}))
    table = told[0]
    heads = re.findall(r"<th>(\w+)</th>", table)
    assert heads == ["Slot", "Read", "Sure", "CTC", "YOLO", "Or"]
    rows = [re.findall(r"<code[^>]*>(.)</code>", row) for row in table.split("<tr")[2:]]
    assert ["".join(column) for column in zip(*rows, strict=True)] == [
        *("1M8GDM9AXKP042788", "1M8GDM9AXKP042788", "1M8GDM9AXKP04Z7B8")
    ]
    assert re.findall(r'class="vd-differs"><th scope="row">(\d+) ', table) == ["14", "16"]
    assert re.findall(r'class="vd-other">(.)<', table) == ["Z", "B"]
    assert "CTC and YOLO differ in slots 14, 16." in table
    assert "1M8GDM9AXKP04Z78</code> (16 characters)" in table


def test_readers_that_agree_and_one_that_is_alone_are_told_in_words() -> None:
    both = {"ctc": "1M8GDM9AXKP042788", "yolo": "1M8GDM9AXKP042788"}
    assert slots.agreement(candidate_of(both, {})) == "CTC and YOLO agree in every slot."
    assert slots.agreement(candidate_of({"ctc": both["ctc"]}, {})) == "Only CTC has read this line."


def candidate_of(readers: dict[str, str], differing: dict[int, str]) -> Candidate:
    """The first reader is right; the others say ``differing`` in those slots."""
    right, *rest = readers
    parts = []
    for place, character in enumerate(readers[right]):
        opinions = {right: character, **dict.fromkeys(rest, differing.get(place, character))}
        extent = (place / 17, (place + 1) / 17)
        parts.append(Slot(character, 0.9, (("Q", 0.004), ("7", 0.06)), 0, extent, opinions))
    return Candidate(Line((Quad.from_box((0, 0, 170, 12)),), 1.0), tuple(parts), readers, 0.0, "")

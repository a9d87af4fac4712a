"""Two photos side by side: whether they agree, where they differ, and what the desk shows of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from straw import plate
from streamlit.testing.v1 import AppTest

from core.geometry import Quad
from core.images import encode_jpeg
from core.records import Candidate, Line, Reading, Slot
from pages.widgets import compare
from pages.widgets.readings import LoadedReader

ROOT = Path(__file__).resolve().parents[1]
VIN = "1M8GDM9AXKP042788"
OTHER = "1M8GDM9AXKP04Z7B8"


def reading(vin: str | None, status: str = "accepted") -> Reading:
    line = Line((Quad.from_box((50, 90, 540, 60)),), 1.0)
    slots = tuple(Slot(c, 0.95, (), 0, (k / 17, (k + 1) / 17)) for k, c in enumerate(vin or ""))
    chosen = Candidate(line, slots, {"ctc": vin}, 0.0, "") if vin else None
    return Reading(vin, status, 0.9 if vin else 0.0, "valid", chosen=chosen, size=(640, 240))  # type: ignore[arg-type]


class Script:
    """A reader that reads file after file as it was told."""

    def __init__(self, answers: dict[bytes, Reading]) -> None:
        self.answers = answers

    def read(self, source: bytes, region: Quad | None = None) -> Reading:
        return self.answers[source]


def test_equal_vins_agree() -> None:
    assert compare.differing(reading(VIN), reading(VIN)) == []
    assert compare.verdict(reading(VIN), reading(VIN)) == "Same VIN on both photos."


def test_differing_characters_are_named() -> None:
    assert compare.differing(reading(VIN), reading(OTHER)) == [13, 15]
    assert (
        compare.verdict(reading(VIN), reading(OTHER))
        == "2 of 17 characters differ: 2 / Z in slot 14, 8 / B in slot 16."
    )
    one = VIN[:16] + "9"
    assert compare.verdict(reading(VIN), reading(one)) == "1 of 17 characters differs: 8 / 9 in slot 17."


def test_another_vehicle_is_told_in_short() -> None:
    assert compare.verdict(reading(VIN), reading("XW8ZZZ1KZAG501915")).startswith("Different VINs: ")


def test_a_photo_without_a_vin_agrees_with_nothing() -> None:
    assert compare.differing(reading(VIN), reading(None, "no_vin")) == []
    assert compare.verdict(reading(VIN), reading(None, "no_vin")).endswith("no VIN was read on B.")
    assert compare.verdict(reading(None, "retake"), reading(None, "no_vin")).endswith("on A and B.")


@pytest.fixture
def files() -> dict[str, tuple[bytes, Reading]]:
    """Name -> the file, and what is read on it."""
    answers = {
        "a.jpg": reading(VIN),
        "broken.jpg": Reading(None, "error", 0.0, "not_applicable", error="the file ends early"),
        "<b>c</b>.jpg": reading(OTHER, "review"),
        "d.jpg": reading(None, "no_vin"),
    }
    # Another quality, another file: readings are remembered by the bytes.
    return {
        name: (encode_jpeg(plate(), 90 - place), answer)
        for place, (name, answer) in enumerate(answers.items())
    }


@pytest.fixture
def desk(files: dict[str, tuple[bytes, Reading]], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    loaded = LoadedReader(Script(dict(files.values())), ("script",))  # type: ignore[arg-type]
    monkeypatch.setattr("pages.widgets.readings.load_reader", lambda: loaded)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def upload(desk: AppTest, files: dict[str, tuple[bytes, Reading]], *names: str) -> AppTest:
    desk.run()
    chosen = [(name, files[name][0], "image/jpeg") for name in names]
    return desk.file_uploader(key="photo_upload").set_value(chosen).run()


def html(desk: AppTest) -> str:
    return "\n".join(element.proto.body for element in desk.get("html"))


def shown(desk: AppTest) -> tuple[str, list[str]]:
    """The comparison's own words, and its two rows of characters."""
    told = re.search(r'class="vd-agree[^>]*>(.*?)</p>', html(desk))
    rows = re.findall(r'<th scope="row">[AB]</th>(.*?)</tr>', html(desk))
    text = re.sub(r"<b[^>]*>.</b> ", "", told[1]) if told else ""
    return text, ["".join(re.findall(r">([^<])</td>", row)) for row in rows]


def test_one_photo_offers_no_comparison(desk: AppTest, files: dict[str, tuple[bytes, Reading]]) -> None:
    upload(desk, files, "a.jpg")
    assert not desk.exception
    assert "compare" not in [toggle.key for toggle in desk.toggle]


def test_a_file_that_cannot_be_read_does_not_count(
    desk: AppTest, files: dict[str, tuple[bytes, Reading]]
) -> None:
    upload(desk, files, "a.jpg", "broken.jpg")
    assert not desk.exception
    assert "compare" not in [toggle.key for toggle in desk.toggle]


def test_two_photos_stand_side_by_side(desk: AppTest, files: dict[str, tuple[bytes, Reading]]) -> None:
    upload(desk, files, *files).toggle(key="compare").set_value(True).run()
    assert not desk.exception
    assert [desk.selectbox(key=f"compare_{side}").value for side in "ab"] == [0, 2]
    assert desk.selectbox(key="compare_a").options == ["1: a.jpg", "3: <b>c</b>.jpg", "4: d.jpg"]
    told, rows = shown(desk)
    assert told == "2 of 17 characters differ: 2 / Z in slot 14, 8 / B in slot 16."
    assert rows == [VIN, OTHER]
    assert html(desk).count("vd-strip vd-bare") == 2
    assert len(re.findall(r"<td class=\"[^\"]*vd-apart", html(desk))) == 4
    assert "<b>c</b>" not in html(desk)
    assert not desk.code  # the one photo's details make room


def test_the_other_photo_is_a_matter_of_choice(
    desk: AppTest, files: dict[str, tuple[bytes, Reading]]
) -> None:
    upload(desk, files, *files).toggle(key="compare").set_value(True).run()
    desk.selectbox(key="compare_b").set_value(3).run()
    assert shown(desk)[0] == "Nothing to compare: no VIN was read on B."
    desk.selectbox(key="compare_b").set_value(0).run()
    assert not desk.exception
    assert "Choose two different photos." in html(desk)
    desk.toggle(key="compare").set_value(False).run()
    assert desk.code[0].value == VIN

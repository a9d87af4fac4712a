"""The Read desk's one-car mode without a browser: what it shows, and that strangers' texts are inert."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from straw import plate
from streamlit.testing.v1 import AppTest
from test_several import OTHER, VIN, evidence, reading

from core.geometry import Quad
from core.images import encode_jpeg
from core.recognize.rules import Rules
from core.records import BarCode, Photo, Reading
from core.several import CarReading, SecondLook, fuse_photos
from pages.widgets.readings import LoadedReader

ROOT = Path(__file__).resolve().parents[1]
QUAD = Quad.from_box((50, 90, 540, 60))


class Script:
    """A reader that reads file after file as it was told, and joins them as the real one does."""

    def __init__(self, answers: dict[bytes, Reading]) -> None:
        self.answers = answers
        self.joined = 0
        self.look: SecondLook | None = None
        self.compared: tuple[int, ...] = ()

    def read(self, source: bytes, region: Quad | None = None) -> Reading:
        return self.answers[source]

    def one_car(self, readings: Sequence[Reading], photo_of: Callable[[int], Photo]) -> CarReading:
        self.joined += 1
        assert photo_of(0).size == plate().shape[1::-1]
        rules = Rules(None, 0.0, 1.2, -1.5)
        car = fuse_photos(readings, rules, {"accept": 0.925}, look_again=lambda _: self.look)
        return replace(car, compared=self.compared)


def seen(text: str, confidence: float, **marks: tuple[str, float]) -> Reading:
    found = reading(evidence(text, unsure={int(k[1:]): v for k, v in marks.items()}), confidence)
    assert found.chosen is not None
    line = replace(found.chosen.line, parts=(QUAD,))
    return replace(found, chosen=replace(found.chosen, line=line), size=(640, 240))


ANSWERS = {
    "a.jpg": seen(VIN, 0.4, s3=("6", 0.7)),
    "<b onclick=alert(1)>.jpg": seen(VIN, 0.5, s16=("B", 0.7)),
    "other.jpg": seen(OTHER, 0.95),
    "nothing.jpg": reading(None),
    "broken.jpg": Reading(None, "error", 0.0, "not_applicable", error="the file ends early"),
    "code.jpg": replace(reading(None), bar_codes=(BarCode("Data Matrix", VIN, QUAD),)),
    "against.jpg": replace(seen(VIN, 0.5), bar_codes=(BarCode("Code 39", OTHER, QUAD),)),
}
# Another quality, another file: readings are remembered by the bytes.
FILES = {name: encode_jpeg(plate(), 90 - place) for place, name in enumerate(ANSWERS)}


@pytest.fixture
def script() -> Script:
    return Script({FILES[name]: answer for name, answer in ANSWERS.items()})


@pytest.fixture
def desk(script: Script, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    loaded = LoadedReader(script, ("script",))  # type: ignore[arg-type]
    monkeypatch.setattr("pages.widgets.readings.load_reader", lambda: loaded)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def upload(desk: AppTest, *names: str, one_car: bool = True) -> AppTest:
    desk.run()
    desk.file_uploader(key="photo_upload").set_value([(n, FILES[n], "image/jpeg") for n in names]).run()
    if one_car:
        desk.toggle(key="one_car").set_value(True).run()
    assert not desk.exception
    return desk


def html(desk: AppTest) -> str:
    return "\n".join(element.proto.body for element in desk.get("html"))


def rows(desk: AppTest) -> list[str]:
    """The characters of the grid, row after row: all photos together, then each."""
    found = re.findall(r'<th scope="row"[^>]*>(?:All|\d)</th>(.*?)</tr>', html(desk), re.S)
    return ["".join(re.findall(r">([^<])</td>", row)) for row in found]


def test_one_photo_is_no_series(desk: AppTest) -> None:
    upload(desk, "a.jpg", one_car=False)
    assert "one_car" not in [toggle.key for toggle in desk.toggle]


def test_two_misread_photos_give_the_right_vin(desk: AppTest, script: Script) -> None:
    upload(desk, "a.jpg", "<b onclick=alert(1)>.jpg")
    assert desk.code[0].value == VIN
    assert rows(desk) == [VIN, VIN[:3] + "6" + VIN[4:], VIN[:16] + "B"]
    text = html(desk)
    assert len(re.findall(r'<td class="[^"]*vd-apart', text)) == 2
    assert "vouches for 16 of 17 slots" in text
    assert text.count("vd-strip vd-bare") == 2
    assert "<b onclick" not in text
    before = script.joined
    desk.run()
    assert script.joined == before  # not worked out again with every click


def test_what_was_laid_on_each_other_is_told(desk: AppTest, script: Script) -> None:
    upload(desk, "a.jpg", "<b onclick=alert(1)>.jpg")
    assert "laid on top of each other" not in html(desk)
    script.look = SecondLook(seen(VIN, 0.9), (1, 0))
    upload(desk, "<b onclick=alert(1)>.jpg", "a.jpg")
    assert "photos 2, 1 were laid on top of each other" in html(desk)


def test_characters_that_likeness_decided_are_told(desk: AppTest, script: Script) -> None:
    upload(desk, "a.jpg", "<b onclick=alert(1)>.jpg")
    assert "told by a closer look" not in html(desk)
    script.compared = (3, 16)
    upload(desk, "<b onclick=alert(1)>.jpg", "a.jpg")
    assert "Slots 4 and 17: told by a closer look" in html(desk)


def test_another_car_is_told_and_not_averaged(desk: AppTest) -> None:
    upload(desk, "a.jpg", "<b onclick=alert(1)>.jpg", "other.jpg")
    text = html(desk)
    assert desk.code[0].value == VIN
    assert "These photos show different VINs" in text
    assert re.search(rf"<code>{VIN}</code> on photos 1, 2.*<code>{OTHER}</code> on photo 3", text)
    assert "shows another VIN" in text
    assert rows(desk)[3] == "·" * 17


def test_photos_without_a_vin_and_broken_ones_keep_their_place(desk: AppTest) -> None:
    upload(desk, "nothing.jpg", "broken.jpg")
    text = html(desk)
    assert not desk.code
    assert "no VIN was read on it" in text and "the file ends early" in text
    assert "vd-no_vin" in text


def test_a_bar_code_alone_is_offered_and_marked(desk: AppTest) -> None:
    upload(desk, "code.jpg", one_car=False)
    assert "A bar code alone" in html(desk)
    assert [code.value for code in desk.code] == [VIN]
    assert "vd-no_vin" in html(desk)


def test_a_bar_code_that_contradicts_is_shown_beside_the_letters(desk: AppTest) -> None:
    upload(desk, "against.jpg", one_car=False)
    text = html(desk)
    assert "The bar code says another VIN" in text
    assert f"Code 39: <code>{OTHER}</code>" in text
    assert f"letters: <code>{VIN}</code>" in text


def test_all_photos_hear_the_bar_code(desk: AppTest) -> None:
    upload(desk, "a.jpg", "<b onclick=alert(1)>.jpg", "code.jpg")
    assert "The bar code says the same" in html(desk)
    assert "vd-accepted" in html(desk)

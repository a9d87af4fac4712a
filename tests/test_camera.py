"""The camera without a browser: what may come in, how the guide frame is used, what the desk says of it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from straw import VIN, plate
from streamlit.testing.v1 import AppTest

from core.geometry import Quad
from core.images import encode_jpeg
from core.records import Candidate, Line, Reading, Slot
from pages.widgets import camera, guided, overlay
from pages.widgets.camera import Capture, CaptureError, capture
from pages.widgets.readings import LoadedReader
from pages.widgets.sources import Source

ROOT = Path(__file__).resolve().parents[1]
JPEG = encode_jpeg(plate())
FRAME = Quad.from_box((64, 84, 512, 57))
ELSEWHERE = Quad.from_box((300, 10, 90, 10))


def url(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def message(**changes: Any) -> dict[str, Any]:
    return {"number": 1, "photo": url(JPEG), "size": [640, 240], "frame": [64, 84.5, 512, 57], **changes}


class TestWhatComesIn:
    def test_a_photo_with_its_frame(self) -> None:
        taken = camera.parse(message())
        assert (taken.number, taken.data) == (1, JPEG)
        assert taken.region.bounds() == (64, 84.5, 512, 57)

    def test_a_frame_is_cut_off_at_the_edges(self) -> None:
        assert camera.parse(message(frame=[-10, 200, 700, 80])).region.bounds() == (0, 200, 640, 40)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"number": 0}, "no number"),
            ({"number": True}, "no number"),
            ({"number": "1"}, "no number"),
            ({"photo": None}, "no JPEG"),
            ({"photo": "data:image/svg+xml;base64,AAAA"}, "no JPEG"),
            ({"photo": "https://example.org/a.jpg"}, "no JPEG"),
            ({"photo": url(b"<svg></svg>")}, "no JPEG"),
            ({"photo": url(JPEG) + "%%%"}, "damaged"),
            ({"photo": url(JPEG)[:-3]}, "damaged"),
            ({"size": [640]}, "no guide frame"),
            ({"size": [640, float("nan")]}, "no guide frame"),
            ({"size": [10**6, 240]}, "outside"),
            ({"frame": None}, "no guide frame"),
            ({"frame": ["64", 84, 512, 57]}, "no guide frame"),
            ({"frame": [64, 84, float("inf"), 57]}, "no guide frame"),
            ({"frame": [640, 84, 512, 57]}, "outside"),
            ({"frame": [64, 84, 512, -57]}, "outside"),
        ],
    )
    def test_anything_else_is_refused(self, changes: dict[str, Any], told: str) -> None:
        with pytest.raises(CaptureError, match=told):
            camera.parse(message(**changes))

    @pytest.mark.parametrize("nothing", [None, "photo", [1, 2], 7])
    def test_what_is_no_message_is_refused(self, nothing: object) -> None:
        with pytest.raises(CaptureError, match="no photo"):
            camera.parse(nothing)

    def test_a_photo_too_large_is_refused_before_it_is_unpacked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(capture, "MAX_BYTES", 1000)
        monkeypatch.setattr(base64, "b64decode", lambda *_, **__: pytest.fail("unpacked"))
        with pytest.raises(CaptureError, match="upload it as a file"):
            camera.parse(message())


class Script:
    """Reads as it was told, inside a region and without one, and remembers what it was asked."""

    def __init__(self, inside: Reading, whole: Reading) -> None:
        self.inside, self.whole = inside, whole
        self.asked: list[Quad | None] = []

    def read(self, source: bytes, region: Quad | None = None) -> Reading:
        self.asked.append(region)
        return self.whole if region is None else self.inside


def reading(
    confidence: float, vin: str | None = VIN, status: str = "review", region: bool = False
) -> Reading:
    line = Line((FRAME if region else ELSEWHERE,), 1.0, "region" if region else "detector")
    slots = tuple(Slot(c, 0.9, (), 0, (k / 17, (k + 1) / 17), {"ctc": c}) for k, c in enumerate(vin or ""))
    chosen = Candidate(line, slots, {"ctc": vin}, 0.0, "") if vin else None
    return Reading(
        *(vin, status, confidence, "valid"),  # type: ignore[arg-type]
        chosen=chosen,
        milliseconds={"decode": 1.0, "total": 4.0},
        size=(640, 240),
    )


class TestThePrior:
    def test_without_a_region_the_whole_photo_is_read(self) -> None:
        reader = Script(reading(0.9, region=True), reading(0.8))
        assert guided.read(reader, b"", None) is reader.whole
        assert reader.asked == [None]

    def test_a_good_reading_of_the_region_is_enough(self) -> None:
        reader = Script(reading(0.6, region=True), reading(0.99))
        taken = guided.read(reader, b"", FRAME)
        assert taken is reader.inside and guided.used(taken)
        assert reader.asked == [FRAME]

    @pytest.mark.parametrize("inside", [reading(0.0, None, "no_vin"), reading(0.3, region=True)])
    def test_a_poor_one_is_no_filter(self, inside: Reading) -> None:
        reader = Script(inside, reading(0.8))
        taken = guided.read(reader, b"", FRAME)
        assert taken.chosen is reader.whole.chosen and not guided.used(taken)
        assert reader.asked == [FRAME, None]

    @pytest.mark.parametrize("whole", [reading(0.0, None, "no_vin"), reading(0.2), reading(0.3)])
    def test_a_poor_one_is_kept_where_the_whole_photo_gives_nothing_better(self, whole: Reading) -> None:
        reader = Script(reading(0.3, region=True), whole)
        assert guided.used(guided.read(reader, b"", FRAME))

    def test_the_times_of_both_are_told(self) -> None:
        taken = guided.read(Script(reading(0.3, region=True), reading(0.8)), b"", FRAME)
        assert taken.milliseconds == {"decode": 2.0, "total": 8.0}

    @pytest.mark.parametrize("status", ["error", "retake"])
    def test_a_hopeless_photo_is_not_read_twice(self, status: str) -> None:
        reader = Script(reading(0.0, None, status), reading(0.8))
        assert guided.read(reader, b"", FRAME) is reader.inside
        assert reader.asked == [FRAME]


def desk(reader: Script, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The desk with a photo taken; AppTest knows no components, so that the photo is put where it is kept."""
    loaded = LoadedReader(reader, ("script",))  # type: ignore[arg-type]
    monkeypatch.setattr("pages.widgets.readings.load_reader", lambda: loaded)
    desk = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    desk.session_state["camera_capture"] = Capture(1, JPEG, FRAME)
    desk.run().toggle(key="use_camera").set_value(True)
    return desk


def html(desk: AppTest) -> str:
    return "\n".join(element.proto.body for element in desk.get("html"))


def test_switching_the_camera_on_takes_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = desk(Script(reading(0.9, region=True), reading(0.8)), monkeypatch).run()
    assert not shown.exception
    assert not shown.code
    assert not [button for button in shown.button if button.key.startswith("sample_")]


@pytest.mark.parametrize(
    ("inside", "whole", "told"),
    [
        (reading(0.9, region=True), reading(0.8), "Read inside the camera's guide frame."),
        (reading(0.2, region=True), reading(0.8), "so the whole photo was read"),
        (reading(0, None, "no_vin"), reading(0, None, "no_vin"), "Neither the guide frame nor the whole"),
    ],
)
def test_the_desk_tells_what_the_frame_was_good_for(
    inside: Reading, whole: Reading, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = desk(Script(inside, whole), monkeypatch).run()
    shown.session_state["camera_capture"] = Capture(1, JPEG, FRAME)
    shown.run()
    assert not shown.exception
    assert told in html(shown)
    shown.toggle(key="use_camera").set_value(False).run()
    assert told not in html(shown)
    assert "camera_capture" not in shown.session_state


def test_a_photo_is_read_again_for_another_region() -> None:
    one, other = Source("a", JPEG, "12ab", FRAME), Source("a", JPEG, "12ab", ELSEWHERE)
    assert len({one.key, other.key, Source("a", JPEG, "12ab").key}) == 3
    assert one.key == Source("b", JPEG, "12ab", Quad.from_box(FRAME.bounds())).key


def test_the_frame_is_dashed_on_the_photo() -> None:
    grey = np.full((240, 640, 3), 90, np.uint8)
    dashed = overlay.dash(grey, FRAME)
    changed = np.abs(dashed.astype(int) - grey).sum(axis=2) > 0
    around = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3)))
    left, top, width, height = (round(place) for place in FRAME.bounds())
    assert around[top, left] and around[top + height, left + width]
    upper = changed[top - 1 : top + 2, left : left + width].any(axis=0)
    assert 0.3 < upper.mean() < 0.9
    assert not changed[top + 8 : top + height - 8, left + 8 : left + width - 8].any()

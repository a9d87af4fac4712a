"""Bar codes beside the VIN: what they carry, and what that does to a reading."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp

from core.bar_codes import FORMATS, bar_codes, bar_codes_near, vin_in, with_codes
from core.geometry import Quad
from core.images import encode_png, from_array
from core.reader import VinReader
from core.records import BarCode, Line
from core.vin import ALPHABET

VIN = "1M8GDM9AXKP042788"
OTHER = "XW8ZZZ1KZAG501915"
UNNAMED = "LA9ZZZ1KZAG501915"
QUAD = Quad.from_box((0, 0, 10, 5))


def bars(text: str, kind: zxingcpp.BarcodeFormat, scale: int = 2) -> np.ndarray:
    """A real bar code, uint8 grey."""
    picture = zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind), scale=scale)
    return np.array(picture)


def label(vin: str | None, code: np.ndarray, side: tuple[int, int] = (760, 420)) -> np.ndarray:
    """A white label with a VIN in drawn letters and a bar code under it, uint8 RGB."""
    picture = np.full((side[1], side[0], 3), 235, np.uint8)
    if vin:
        cv2.putText(picture, vin, (60, 120), cv2.FONT_HERSHEY_DUPLEX, 1.6, (20, 20, 20), 2, cv2.LINE_AA)
    rows, columns = code.shape
    picture[200 : 200 + rows, 60 : 60 + columns] = code[..., None]
    return picture


@pytest.mark.parametrize(
    ("payload", "vin"),
    [
        (VIN, VIN),
        (f"*{VIN}*", VIN),
        (f"I{VIN}", VIN),
        (f"*I{VIN}*", VIN),
        (VIN.lower(), VIN),
        (f"VIN:{VIN};TYPE=PASSENGER CAR", VIN),
        (f"[)>\x1e06\x1d9V{OTHER}\x1d", None),  # no break before it, and no check digit that would tell
        (f"06\x1d{OTHER}\x1dP123", OTHER),
        (f"AB{VIN}99", VIN),
        ("12345678901234567", None),
        ("WVWZZZ1OZAG501915", None),  # an O
        ("", None),
        ("<script>alert(1)</script>", None),
        (f"https://a.example/{VIN}?q='--", VIN),
        # A maker that the table does not name, of a country that it knows, without a check digit that agrees.
        (UNNAMED, UNNAMED),
        (f"*I{UNNAMED}*", UNNAMED),
        (f"{UNNAMED}\r\n", UNNAMED),
        (f"PART {UNNAMED}", None),
        (f"{UNNAMED} 5", None),
        (f"00{UNNAMED[2:]}", None),  # no country's
    ],
)
def test_the_vin_in_a_payload(payload: str, vin: str | None) -> None:
    assert vin_in(payload) == vin


def test_a_long_hostile_payload_takes_no_time() -> None:
    assert vin_in("A" * 1_000_000) is None
    found = vin_in("'\"><img src=x onerror=alert(1)>" * 1000 + VIN)
    assert found is None


@pytest.mark.parametrize("kind", FORMATS, ids=FORMATS.values())
def test_every_format_is_decoded(kind: zxingcpp.BarcodeFormat) -> None:
    photo = from_array(label(None, bars(VIN, kind)))
    (code,) = bar_codes(photo)
    assert (code.vin, code.format) == (VIN, FORMATS[kind])
    left, top, width, height = code.quad.bounds()
    assert left >= 55 and top >= 195 and left + width <= 700 and top + height <= 420


@pytest.mark.parametrize("kind", FORMATS, ids=FORMATS.values())
def test_a_large_photo_is_halved_and_places_stay(kind: zxingcpp.BarcodeFormat) -> None:
    photo = from_array(label(None, bars(VIN, kind, 6), (1900, 1260)))
    (code,) = bar_codes(photo)
    left, top, width, height = code.quad.bounds()
    assert 55 <= left <= 125 and 195 <= top <= 265
    assert left + width <= 1900 and top + height <= 1260 and width > 90


def test_a_small_photo_is_searched_for_squares_only() -> None:
    code = bars(VIN, zxingcpp.BarcodeFormat.DataMatrix)
    picture = np.full((160, 240, 3), 235, np.uint8)
    picture[40 : 40 + code.shape[0], 60 : 60 + code.shape[1]] = code[..., None]
    assert [found.format for found in bar_codes(from_array(picture))] == ["Data Matrix"]


def test_narrow_bars_are_seen_near_the_line_only() -> None:
    large = label(VIN, cv2.resize(bars(VIN, zxingcpp.BarcodeFormat.Code128, 4), (640, 120)), (760, 420))
    small = cv2.resize(large, None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 0.5)
    photo = from_array(small)
    assert bar_codes(photo) == ()
    (code,) = bar_codes_near(photo, Line((Quad.from_box((25, 34, 265, 18)),), 1.0))
    assert code.vin == VIN
    left, top, width, height = code.quad.bounds()
    assert left >= 20 and left + width <= 300 and top >= 80 and top + height <= 140


def test_agreement_accepts_and_contradiction_asks() -> None:
    assert with_codes(VIN, 0.4, "retake", []) == (0.4, "retake")
    assert with_codes(VIN, 0.4, "retake", [BarCode("Code 39", VIN, QUAD)]) == (0.999, "accepted")
    both = [BarCode("Code 39", VIN, QUAD), BarCode("QR Code", OTHER, QUAD)]
    assert with_codes(VIN, 0.99, "accepted", both[1:]) == (0.5, "review")
    assert with_codes(VIN, 0.99, "accepted", both) == (0.5, "review")


@pytest.fixture(scope="module")
def reader() -> VinReader:
    return VinReader.load()


def test_a_planted_contradiction_is_caught(reader: VinReader) -> None:
    code = bars(OTHER, zxingcpp.BarcodeFormat.Code39)
    honest = reader.read(encode_png(label(VIN, bars(VIN, zxingcpp.BarcodeFormat.Code39))))
    assert (honest.vin, honest.status, [one.vin for one in honest.bar_codes]) == (VIN, "accepted", [VIN])
    planted = reader.read(encode_png(label(VIN, code)))
    assert planted.vin == VIN
    assert planted.status == "review"
    assert planted.confidence <= 0.5
    told = planted.to_json("a.png")["bar_codes"]
    assert [(one["format"], one["vin"]) for one in told] == [("Code 39", OTHER)]


def test_a_maker_without_a_name_contradicts_all_the_same(reader: VinReader) -> None:
    reading = reader.read(encode_png(label(VIN, bars(UNNAMED, zxingcpp.BarcodeFormat.Code39))))
    assert (reading.vin, reading.status, [one.vin for one in reading.bar_codes]) == (VIN, "review", [UNNAMED])


def test_a_bar_code_alone_is_offered_and_marked(reader: VinReader) -> None:
    reading = reader.read(encode_png(label(None, bars(VIN, zxingcpp.BarcodeFormat.DataMatrix, 4))))
    assert (reading.vin, reading.status) == (None, "no_vin")
    assert [one.vin for one in reading.bar_codes] == [VIN]


def test_nothing_of_a_hostile_payload_is_kept(reader: VinReader) -> None:
    payload = f"<img src=x onerror=alert(1)>'; DROP TABLE photos; -- {VIN}"
    reading = reader.read(encode_png(label(VIN, bars(payload, zxingcpp.BarcodeFormat.QRCode, 4))))
    told = reading.to_json("a.png")["bar_codes"]
    assert [set(one["vin"]) <= set(ALPHABET) for one in told] == [True]
    assert "onerror" not in str(told) and "DROP" not in str(told)

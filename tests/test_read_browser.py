"""The Read desk in Chromium: upload a photo, see its VIN."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import AppServer
from playwright.sync_api import Page, expect

from core.images import decode, encode_jpeg

SAMPLES = Path(__file__).resolve().parents[1] / "assets" / "samples"


@pytest.fixture
def vins() -> dict[str, str]:
    """File name -> the VIN drawn on it, of the samples that the desk offers."""
    return json.loads((SAMPLES.parent / "samples.json").read_text(encoding="utf-8"))


@pytest.fixture
def desk(browser_page: Page, app_server: AppServer) -> Page:
    browser_page.goto(app_server.url)
    return browser_page


def upload(desk: Page, *files: dict) -> None:
    desk.locator(".st-key-photo_upload input[type=file]").set_input_files(list(files))


def photo(name: str) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": (SAMPLES / name).read_bytes()}


def test_an_uploaded_photo_shows_its_vin(desk: Page, vins: dict[str, str]) -> None:
    first = min(vins)
    upload(desk, photo(first))
    expect(desk.locator(".st-key-reading_vin")).to_have_text(vins[first])
    expect(desk.locator(".vd-slot")).to_have_count(17)
    expect(desk.locator(".vd-strip img").first).to_be_visible()
    assert desk.locator(".vd-strip img").first.evaluate("image => image.naturalWidth") >= 900


def test_a_bad_file_among_good_ones_is_told(desk: Page, app_server: AppServer, vins: dict[str, str]) -> None:
    first = min(vins)
    name = "<img src=x onerror=alert(1)>.jpg"
    upload(desk, {"name": name, "mimeType": "image/jpeg", "buffer": b"this is no photo"}, photo(first))
    told = desk.get_by_role("alert").filter(has_text="could not be read")
    expect(told).to_contain_text(f"{name}: the file is text, not a photo")
    expect(told.locator("img")).to_have_count(0)
    expect(desk.get_by_role("heading", name="2 photos")).to_contain_text("1 unreadable")
    expect(desk.locator(".st-key-reading_vin")).to_have_count(0)
    row_height, second = 35, 1
    desk.locator(".st-key-readings_table .dvn-scroller").click(
        position={"x": 15, "y": row_height * (second + 1.5)}
    )
    expect(desk.locator(".st-key-reading_vin")).to_have_text(vins[first])
    log = app_server.log.read_text(errors="replace")
    assert "onerror" not in log
    assert first not in log


def test_a_phone_shows_a_sample_without_scrolling_sideways(desk: Page, vins: dict[str, str]) -> None:
    first = min(vins)
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.locator(".st-key-sample_0 button").click()
    expect(desk.locator(".st-key-reading_vin")).to_have_text(vins[first])
    expect(desk.locator(".vd-slot")).to_have_count(17)
    main = desk.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


@pytest.mark.parametrize("width", [1280, 390])
def test_two_photos_are_compared_on_any_screen(desk: Page, vins: dict[str, str], width: int) -> None:
    first, second = sorted(vins)[:2]
    desk.set_viewport_size({"width": width, "height": 844})
    upload(desk, photo(first), photo(second))
    desk.locator(".st-key-compare label").first.click()
    expect(desk.locator(".vd-agree")).to_contain_text("characters differ")
    rows = desk.locator(".vd-pair tbody tr:not(.vd-signs)")
    # The sentence above the table comes a moment before its rows.
    expect(rows).to_have_text([re.compile(rf"^\s*\S\s*{vins[name]}\s*$") for name in (first, second)])
    expect(desk.locator(".vd-bare img")).to_have_count(2)
    grid = desk.locator(".vd-pair").bounding_box()
    assert grid and grid["width"] <= width
    main = desk.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


@pytest.mark.parametrize("width", [1280, 390])
def test_photos_of_one_car_are_read_together(desk: Page, vins: dict[str, str], width: int) -> None:
    first, second = sorted(vins)[:2]
    desk.set_viewport_size({"width": width, "height": 844})
    upload(desk, photo(first), {**darker(first), "name": "again.jpg"}, photo(second))
    desk.locator(".st-key-one_car label").first.click()
    told = desk.get_by_role("alert").filter(has_text="different VINs")
    expect(told).to_contain_text(vins[second])
    expect(desk.locator(".st-key-reading_vin")).to_have_text(vins[first])
    expect(desk.locator(".vd-car .vd-all td")).to_have_text(list(vins[first]))
    expect(desk.locator(".vd-car tbody tr")).to_have_count(5)  # all, three photos, who vouched
    expect(desk.locator(".vd-bare img")).to_have_count(3)
    grid = desk.locator(".vd-car").bounding_box()
    assert grid and grid["width"] <= width
    main = desk.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def darker(name: str) -> dict:
    """The same plate in another photo: less light, another file."""
    pixels = decode((SAMPLES / name).read_bytes()).pixels
    return {**photo(name), "buffer": encode_jpeg((pixels * 0.7).astype("uint8"), 85)}

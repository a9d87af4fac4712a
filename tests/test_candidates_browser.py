"""The Read desk in Chromium: another line clicked, a region drawn, and back to what was read without help."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from conftest import AppServer
from playwright.sync_api import Page, expect

from core.images import encode_jpeg

UPPER, LOWER = "E8KGHM2ZZKP5T27N8", "1FTFW1ET9DFC10312"
"""The lower one is taken: its check digit is right, and its maker is known.

No Y in front: the CTC reader takes one of these strokes for a V.
"""
SIZE, ROWS, LEFT, PITCH = (720, 480), {UPPER: 120, LOWER: 330}, 190, 20
"""Pixels of the drawn photo: its size, the middles of its VINs, where they begin, from letter to letter."""

WAIT = 120_000


@pytest.fixture
def desk(browser_page: Page, app_server: AppServer) -> Page:
    """A photo with two plates is read."""
    browser_page.set_default_timeout(WAIT)
    browser_page.goto(app_server.url)
    upload = {"name": "two.jpg", "mimeType": "image/jpeg", "buffer": two_plates()}
    browser_page.locator(".st-key-photo_upload input[type=file]").set_input_files([upload])
    expect(vin(browser_page)).to_have_text(LOWER, timeout=WAIT)
    browser_page.get_by_text(re.compile(r"Where it was read, and why there \([2-9] lines\)")).click()
    expect(browser_page.locator(".st-key-point_2 button")).to_be_visible(timeout=WAIT)
    browser_page.wait_for_timeout(1000)  # the section unfolds slowly, and what is clicked meanwhile is missed
    return browser_page


def two_plates() -> bytes:
    picture = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    for text, middle in ROWS.items():
        cv2.rectangle(picture, (175, middle - 40), (545, middle + 35), (235, 235, 235), -1)
        for place, character in enumerate(text):
            spot = (LEFT + place * PITCH, middle + 8)
            cv2.putText(picture, character, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (25,) * 3, 2, cv2.LINE_AA)
    return encode_jpeg(picture, 92)


def vin(desk: Page):  # type: ignore[no-untyped-def]
    return desk.locator(".st-key-reading_vin")


def test_another_candidate_is_clicked_and_read(desk: Page) -> None:
    first, second = (desk.locator(f".st-key-candidate_{number}") for number in (1, 2))
    expect(desk.get_by_text("Number 1 was taken: its score is")).to_be_visible()
    expect(first.locator("code").first).to_have_text(LOWER)
    expect(first.locator(".vd-terms").first).to_contain_text("characters")
    assert first.locator("img").first.evaluate("image => image.naturalWidth") >= 900
    expect(desk.locator(".st-key-point_1 button")).to_be_disabled()
    desk.locator(".st-key-point_2 button").click()
    # The reader looks closely at the line that a person points at: what was garbled in passing is read right.
    expect(vin(desk)).to_have_text(UPPER, timeout=WAIT)
    expect(desk.locator(".vd-guided")).to_have_text("Read where you pointed, and nowhere else.")
    expect(first.locator("code").first).to_have_text(LOWER)  # the list stays what it was
    expect(second.get_by_role("button")).to_be_disabled()
    desk.locator(".st-key-point_back button").click()
    expect(vin(desk)).to_have_text(LOWER, timeout=WAIT)
    expect(desk.locator(".vd-guided")).to_have_count(0)


@pytest.mark.parametrize("zoomed", [False, True])
def test_a_region_is_drawn_and_read(desk: Page, zoomed: bool) -> None:
    desk.locator(".st-key-draw_region label").first.click()
    canvas = desk.locator(".st-key-read_region canvas").last
    expect(canvas).to_be_visible(timeout=WAIT)
    box = canvas.bounding_box()
    assert box is not None
    scale, left, top = box["width"] / SIZE[0], 0.0, 0.0
    if zoomed:
        for press, number in (("in", 2), ("up", 3)):
            desk.locator(f"[class*=st-key-read_region_][class*=_{press}] button").first.click()
            # Each cut-out is a canvas of its own.
            fresh = desk.locator(f'[class*="st-key-read_region_"][class*="_{number} "] canvas').last
            expect(fresh).to_be_visible(timeout=WAIT)
        desk.wait_for_timeout(1000)
        canvas = fresh
        box = canvas.bounding_box()
        assert box is not None
        scale *= 2
        # Around the lower VIN, then half of what is seen up from there.
        high = box["height"] / scale
        left = LEFT + 17 * PITCH / 2 - box["width"] / scale / 2
        top = min(ROWS[LOWER], SIZE[1] - high / 2) - high / 2 - high / 2
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    middle = ROWS[UPPER]
    start, end = (LEFT - 5, middle - 14), (LEFT + 17 * PITCH, middle + 15)
    places = [((x - left) * scale + box["x"], (y - top) * scale + box["y"]) for x, y in (start, end)]
    desk.mouse.move(*places[0])
    desk.mouse.down()
    desk.mouse.move(*places[1], steps=5)
    desk.mouse.up()
    read = desk.locator(".st-key-region_read button")
    expect(read).to_be_enabled(timeout=WAIT)
    read.click()
    expect(desk.locator(".vd-guided")).to_have_text("Read where you pointed, and nowhere else.", timeout=WAIT)
    expect(vin(desk)).to_have_text(UPPER, timeout=WAIT)


def test_it_fits_a_phone(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.locator(".st-key-draw_region label").first.click()
    expect(desk.locator(".st-key-read_region canvas").last).to_be_visible(timeout=WAIT)
    main = desk.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")

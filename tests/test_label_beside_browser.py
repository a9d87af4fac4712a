"""The Label desk in Chromium: examples beside a doubtful slot, zoom, turned strips, guidelines, leases."""

from __future__ import annotations

import sqlite3
import time

import cv2
import numpy as np
import pytest
from conftest import AppServer
from playwright.sync_api import Page, expect
from test_label_browser import (
    LEFT,
    PITCH,
    SAMPLES,
    TOP,
    VINS,
    bring,
    desk,
    drawn,
    enter,
    store,
    text,
    until,
)

from core.geometry import Quad
from core.images import decode, encode_jpeg
from core.reader import VinReader
from core.records import Candidate, Line, Reading, Slot
from core.store import Store
from core.store.annotations import save
from core.store.content import Character, Content, Draft
from core.store.drafts import kept_draft
from core.store.history import history
from core.store.people import find_person
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import save_prediction
from pages.widgets.label.guidelines import RULES
from pages.widgets.label.hands import LEASE

__all__ = ["desk", "store"]
WAIT = 120_000
SAME_MAKER = "XTA217230D0251634"


def confirm(store: Store, vin: str, person: str = "Ann") -> int:
    """A photo that this person has labelled, every character in its place."""
    who = find_person(store, person)
    assert who is not None
    key = add_photo(store, Incoming(drawn(vin), "confirmed.jpg", "test"))
    right = LEFT + 17 * PITCH
    quad = ((LEFT, TOP), (right, TOP), (right, TOP + 40), (LEFT, TOP + 40))
    characters = tuple(Character(c, 0, (place / 17, 0.0, 1 / 17, 1.0)) for place, c in enumerate(vin))
    save(store, Draft(key, who.id, 0, Content(vin, (quad,), characters)))
    return key


def test_the_same_character_on_other_photos_of_the_maker(
    desk: Page, app_server: AppServer, store: Store
) -> None:
    other = confirm(store, SAME_MAKER)
    bring(store, "XTA219110K0318265", "XTA219110K03182B5")
    editor = enter(desk, app_server)
    examples = editor.get_by_test_id("editor-examples")
    picture = examples.get_by_alt_text(f"6 on photo {other}")
    expect(picture).to_be_visible(timeout=WAIT)
    assert picture.evaluate("image => image.naturalHeight") == 56
    desk.keyboard.press("Home")  # a sure slot
    expect(picture).to_have_count(0)
    desk.keyboard.press("Tab")
    expect(picture).to_be_visible()


def test_a_turned_strip_is_read_again(desk: Page, app_server: AppServer, store: Store) -> None:
    data = (SAMPLES / "sample-2.jpg").read_bytes()
    found = VinReader.load().read(decode(data))
    assert found.vin is not None and found.chosen is not None
    key = add_photo(store, Incoming(data, "upside-down.jpg", "test"))
    slots = tuple(Slot("A", 0.3, (), 0, (place / 17, (place + 1) / 17)) for place in range(17))
    line = Line((found.chosen.line.parts[0].turned(),), 1.0)
    wrong = Reading("A" * 17, "review", 0.1, "not_applicable", Candidate(line, slots, {}, 0.0, ""))
    save_prediction(store, key, wrong, {"ctc": "00000000"})
    editor = enter(desk, app_server)
    desk.keyboard.press("F8")
    expect(editor.get_by_test_id("slot-16")).to_contain_text(found.vin[16], timeout=WAIT)
    until(lambda: text(editor) == found.vin)
    desk.keyboard.press("F8")  # and back: as it was
    until(lambda: text(editor) == "A" * 17)
    desk.keyboard.press("F8")
    until(lambda: text(editor) == found.vin)
    desk.keyboard.press("Enter")
    until(lambda: photo(store, key).vin == found.vin, 20)
    content = history(store, key)[-1].content
    assert content is not None
    upright = found.chosen.line.parts[0].corners
    assert content.lines()[0].corners == pytest.approx(upright, abs=0.1)


def zoom(desk: Page, press: str, number: int) -> None:
    """Press a button beside the canvas, and wait for the cut-out that it brings: a canvas of its own."""
    desk.locator(f"[class*=st-key-region_][class*=_{press}] button").first.click()
    fresh = desk.locator(f'[class*="st-key-region_"][class*="_{number} "] canvas').last
    expect(fresh).to_be_visible(timeout=WAIT)
    desk.wait_for_timeout(1000)


def small(vin: str) -> bytes:
    """A photo as large as the others, its VIN so small that the closest cut-out holds it whole."""
    picture = np.full((160, 2 * LEFT + 17 * PITCH, 3), 70, np.uint8)
    start = LEFT + 17 * PITCH / 2 - 17 * 9 / 2
    for place, character in enumerate(vin):
        spot = (round(start + 9 * place), TOP + 26)
        cv2.putText(picture, character, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (235,) * 3, 1, cv2.LINE_AA)
    return encode_jpeg(picture, 95)


def test_the_photo_is_zoomed_and_what_is_drawn_stays(desk: Page, app_server: AppServer, store: Store) -> None:
    key = bring(store, VINS[0], picture=small(VINS[0]))
    editor = enter(desk, app_server)
    desk.keyboard.press("F10")
    canvas = desk.locator(".st-key-label_region canvas").last
    expect(canvas).to_be_visible(timeout=WAIT)
    for number, (times, press) in enumerate(((2, "in"), (4, "in")), start=2):
        zoom(desk, press, number)
        expect(desk.get_by_text(f"{times} × the whole photo")).to_be_visible()
    canvas = desk.locator(".st-key-label_region canvas").last
    box = canvas.bounding_box()
    assert box is not None
    width, height = photo(store, key).size
    scale = 4 * min(850 / width, 470 / height)
    seen = (box["width"] / scale, box["height"] / scale)
    centre = (LEFT + 17 * PITCH / 2, TOP + 20)
    left, top = centre[0] - seen[0] / 2, min(max(centre[1] - seen[1] / 2, 0), height - seen[1])
    region = Quad.from_box((centre[0] - 80, TOP - 2, 160, 44))  # photo pixels
    corners = (region.corners - [left, top]) * scale + [box["x"], box["y"]]
    desk.mouse.move(*corners[0].tolist())
    desk.mouse.down()
    desk.mouse.move(*corners[2].tolist(), steps=4)
    desk.mouse.up()
    read = desk.locator(".st-key-region_read button")
    expect(read).to_be_enabled(timeout=WAIT)
    for number in (4, 5):  # on the other cut-outs it is drawn again, where it was
        zoom(desk, "out", number)
    expect(read).to_be_enabled()
    read.click()
    # What is read lies where the box was drawn.
    expect(canvas).to_have_count(0, timeout=WAIT)
    ann = find_person(store, "Ann")
    assert ann is not None
    until(lambda: kept_draft(store, key, ann.id) is not None)
    draft = kept_draft(store, key, ann.id)
    assert draft is not None
    line = draft.content.lines()[0]
    assert line.centre == pytest.approx(region.centre, abs=12)
    assert line.length == pytest.approx(160, abs=40)
    expect(editor).to_have_attribute("data-state", "ready")


def test_the_guidelines_show_a_picture_for_each_rule(desk: Page, app_server: AppServer, store: Store) -> None:
    bring(store, VINS[0])
    editor = enter(desk, app_server)
    desk.get_by_role("radio", name="Guidelines").or_(
        desk.get_by_role("button", name="Guidelines")
    ).first.click()
    for rule in RULES:
        picture = desk.get_by_alt_text(rule.shown)
        expect(picture).to_be_attached(timeout=WAIT)
        desk.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    desk.get_by_role("radio", name="One by one").or_(
        desk.get_by_role("button", name="One by one")
    ).first.click()
    expect(editor).to_have_attribute("data-state", "ready", timeout=WAIT)


def test_an_open_page_keeps_its_photo(desk: Page, app_server: AppServer, store: Store) -> None:
    key = bring(store, VINS[0])
    desk.clock.install()
    enter(desk, app_server)
    expect(desk.get_by_test_id("page-pulse")).to_be_attached()
    assert until_of(store, key) - time.time() < LEASE  # a tab that is closed now holds it no longer
    with sqlite3.connect(app_server.database) as db:
        db.execute("UPDATE leases SET until = ?", [time.time() + 5])
    desk.clock.fast_forward(60_000)  # nobody does anything
    until(lambda: until_of(store, key) > time.time() + 0.8 * LEASE, 30)


def until_of(store: Store, key: int) -> float:
    with store.reading() as db:
        return float(db.execute("SELECT until FROM leases WHERE photo = ?", [key]).fetchone()[0])

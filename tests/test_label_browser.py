"""The Label desk in Chromium: photos labelled with the keyboard alone, and nothing lost on the way."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from conftest import AppServer, settled, until
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from core.geometry import Quad
from core.images import encode_jpeg
from core.records import Candidate, Line, Reading, Slot
from core.store import Store
from core.store.drafts import kept_draft
from core.store.history import history
from core.store.people import add_person, find_person
from core.store.photos import Incoming, Wanted, add_photo, find, photo
from core.store.predictions import save_prediction

SAMPLES = Path(__file__).resolve().parents[1] / "assets" / "samples"
HOSTILE = '<img src=x onerror="window.hit=1">\'"</script>'
VINS = (
    "1M8GDM9AXKP042788",
    "XW8ZZZ1KZAG501915",
    "LS4ASE2W8LJ105205",
    "WVGAV7AX2DW024471",
    "Z94C241BAMR123456",
    "X7LASRA1812345678",
    "JN1TANT31U0123456",
    "3VWFE21C04M000001",
    "SJNFAAJ11U2123456",
    "TMBJG7NE5J0123456",
)
PITCH, LEFT, TOP = 36, 30, 60
"""Pixels from character to character on a drawn photo, and where the first one begins."""


@pytest.fixture
def store(app_server: AppServer) -> Store:
    """The app's own store, empty."""
    for path in app_server.database.parent.glob("labels.db*"):
        path.unlink()
    store = Store.open(app_server.database, app_server.home)
    for name in ("Ann", HOSTILE):
        add_person(store, name, ["labeller"])
    return store


@pytest.fixture
def desk(browser_page: Page, app_server: AppServer) -> Page:
    browser_page.set_viewport_size({"width": 1366, "height": 768})
    return browser_page


def drawn(vin: str) -> bytes:
    """A photo whose characters stand at known places."""
    picture = np.full((160, 2 * LEFT + 17 * PITCH, 3), 70, np.uint8)
    for place, character in enumerate(vin):
        spot = (LEFT + place * PITCH + 4, TOP + 34)
        cv2.putText(picture, character, spot, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (240,) * 3, 3, cv2.LINE_AA)
    return encode_jpeg(picture)


def bring(
    store: Store,
    vin: str,
    read: str | None = None,
    status: str = "review",
    name: str = "a.jpg",
    picture: bytes | None = None,
) -> int:
    """A photo with its reading; where that differs from the VIN, it is not sure."""
    read = read or vin
    key = add_photo(store, Incoming(picture or drawn(vin), name, "test"))
    quad = Quad.from_box((LEFT, TOP, 17 * PITCH, 40))
    slots = tuple(
        Slot(said, 0.55 if said != true else 0.995, ((true, 0.4),) if said != true else (), 0,
             (place / 17, (place + 1) / 17), {"ctc": said, "yolo": true})
        for place, (said, true) in enumerate(zip(read, vin, strict=True))
    )  # fmt: skip
    chosen = Candidate(Line((quad,), 1.0), slots, {"ctc": read, "yolo": vin}, 0.0, "")
    reading = Reading(read, status, 0.9, "not_applicable", chosen, models={"ctc": "1a2b3c4d"})  # type: ignore[arg-type]
    save_prediction(store, key, reading)
    return key


def enter(page: Page, server: AppServer, name: str = "Ann") -> Locator:
    page.goto(f"{server.url}/label?as={quote(name)}")
    editor = page.get_by_test_id("strip-editor")
    expect(editor).to_have_attribute("data-state", "ready", timeout=30_000)
    return editor


def shown(editor: Locator) -> int:
    return int(editor.get_attribute("data-photo") or 0)


def text(editor: Locator) -> str:
    return "".join(editor.locator(".cell .character").all_text_contents())


def test_ten_photos_with_the_keyboard_alone(desk: Page, app_server: AppServer, store: Store) -> None:
    wrong = VINS[3][:6] + "X" + VINS[3][7:]
    truth = {bring(store, vin, wrong if vin == VINS[3] else None): vin for vin in VINS}
    mended, moved, reloaded = (list(truth)[place] for place in (3, 4, 5))
    ann = find_person(store, "Ann")
    assert ann is not None
    editor = enter(desk, app_server)
    for done in range(len(VINS)):
        expect(editor).to_have_attribute("data-state", "ready")
        now = shown(editor)
        if now == mended:  # it opens at the slot that is not sure
            desk.keyboard.press(VINS[3][6].lower())
        elif now == moved:
            desk.keyboard.press("Home")
            for _ in range(5):
                desk.keyboard.press("Alt+ArrowRight")
            desk.keyboard.press("Alt+Shift+ArrowRight")
        elif now == reloaded:
            desk.keyboard.press("End")
            desk.keyboard.press("?")
            until(lambda now=now: kept_draft(store, now, ann.id) is not None)
            desk.reload()
            expect(editor).to_have_attribute("data-photo", str(now))
            expect(editor.get_by_test_id("slot-16")).to_contain_text("?")
        desk.keyboard.press("Enter")
        if done < len(VINS) - 1:
            expect(editor).not_to_have_attribute("data-photo", str(now))
    until(lambda: all(photo(store, key).vin for key in truth))
    saved = {key: history(store, key)[-1] for key in truth}
    truth[reloaded] = truth[reloaded][:16] + "?"
    assert {key: event.content.text for key, event in saved.items() if event.content} == truth
    assert {event.by for event in saved.values()} == {"Ann"}
    content = saved[moved].content
    assert content is not None
    assert content.characters[0].box == pytest.approx((0.02, 0, 1 / 17 + 0.004, 1), abs=2e-4)
    assert all(event.seconds > 0 for event in saved.values())


def test_every_kind_of_key(desk: Page, app_server: AppServer, store: Store) -> None:
    key = bring(store, VINS[0], "1M8GDM9AXKP0427B8")
    bring(store, VINS[1])
    editor = enter(desk, app_server)
    if shown(editor) != key:
        desk.keyboard.press("Escape")
        expect(editor).to_have_attribute("data-photo", str(key))
    coach = editor.get_by_test_id("editor-coach")
    expect(coach).to_contain_text("X agrees" if text(editor) == VINS[0] else "would agree")
    expect(editor.get_by_test_id("slot-15")).to_have_attribute("aria-current", "true")
    desk.keyboard.press("ArrowDown")  # the other reader's word
    until(lambda: text(editor) == VINS[0])
    expect(coach).to_contain_text("Check digit X agrees")
    expect(coach).to_contain_text("1989")
    desk.keyboard.press("Control+z")
    until(lambda: text(editor) == "1M8GDM9AXKP0427B8")
    desk.keyboard.press("Control+y")
    until(lambda: text(editor) == VINS[0])
    desk.keyboard.press("Home")
    desk.keyboard.press("o")
    desk.keyboard.press("I")
    desk.keyboard.insert_text("Х")  # Cyrillic, as an input method sends it
    until(lambda: text(editor)[:3] == "01X")
    assert editor.get_by_test_id("slot-0").locator(".from").text_content() == "O→0"
    assert editor.get_by_test_id("slot-2").locator(".from").text_content() == "Cyr→X"
    press = "(input, keys) => input.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...keys}))"
    editor.get_by_test_id("editor-keys").evaluate(press, {"key": "П", "code": "KeyG"})  # a Russian layout
    until(lambda: text(editor)[3] == "G")
    desk.keyboard.press("Comma")  # split, then merge again
    expect(editor.locator(".cell")).to_have_count(18)
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("Period")
    expect(editor.locator(".cell")).to_have_count(17)
    desk.keyboard.press("Delete")
    desk.keyboard.press("Enter")
    expect(editor.get_by_test_id("editor-notice")).to_contain_text("17 characters, here are 16")
    desk.keyboard.press("Control+z")
    desk.keyboard.press("F4")
    desk.keyboard.press("2")
    desk.keyboard.press("Escape")
    desk.keyboard.press("F9")
    desk.keyboard.type(HOSTILE)
    desk.keyboard.press("Escape")
    desk.keyboard.press("F1")
    expect(editor.get_by_test_id("editor-help")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Enter")
    until(lambda: photo(store, key).vin is not None)
    event = history(store, key)[-1]
    assert event.content is not None and event.content.tags == ("glare",) and event.note == HOSTILE
    assert event.content.text.startswith("01XG")
    desk.keyboard.press("F2")  # back to it
    expect(editor).to_have_attribute("data-photo", str(key))
    desk.keyboard.press("F3")
    desk.keyboard.press("1")
    until(lambda: photo(store, key).state == "rejected")


def test_two_labellers_meet_on_one_photo(
    desk: Page, browser: Browser, app_server: AppServer, store: Store
) -> None:
    key = bring(store, VINS[0], name=HOSTILE)
    editor = enter(desk, app_server)
    with sqlite3.connect(app_server.database) as db:  # a telephone call of a quarter of an hour
        db.execute("UPDATE leases SET until = 0")
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        other_page = context.new_page()
        other = enter(other_page, app_server, HOSTILE)
        assert shown(editor) == shown(other) == key
        expect(other_page.locator(".st-key-signed_in_bar")).to_contain_text(HOSTILE)
        other_page.keyboard.press("Home")
        other_page.keyboard.press("2")
        other_page.keyboard.press("Enter")
        until(lambda: photo(store, key).vin is not None)
    finally:
        context.close()
    desk.keyboard.press("End")
    desk.keyboard.press("9")
    desk.keyboard.press("Enter")
    told = editor.get_by_role("alert")
    expect(told).to_contain_text(f"{HOSTILE} was faster")
    expect(told.locator(".versions").first).to_contain_text("2" + VINS[0][1:])
    expect(told.locator(".versions .apart")).to_have_count(4)
    desk.keyboard.press("Shift+Enter")  # theirs into the editor
    until(lambda: text(editor) == "2" + VINS[0][1:])
    desk.keyboard.press("End")
    desk.keyboard.press("9")
    desk.keyboard.press("Enter")
    until(lambda: [event.by for event in history(store, key)] == [HOSTILE, "Ann"])
    assert photo(store, key).vin == "2" + VINS[0][1:16] + "9"
    assert desk.evaluate("window.hit") is None and desk.locator("img[src=x]").count() == 0


def test_a_dropped_connection_loses_nothing(desk: Page, app_server: AppServer, store: Store) -> None:
    truth = {bring(store, vin): vin for vin in VINS[:3]}
    line: list[WebSocketRoute] = []
    down = False

    def connect(socket: WebSocketRoute) -> None:
        if down:
            socket.close()
            return
        socket.connect_to_server()
        line.append(socket)

    desk.route_web_socket("**/_stcore/stream", connect)
    editor = enter(desk, app_server)
    desk.wait_for_timeout(500)
    down = True
    line[-1].close()
    done = []
    for _ in range(2):
        now = shown(editor)
        done.append(now)
        desk.keyboard.press("End")
        desk.keyboard.press("7")
        truth[now] = truth[now][:16] + "7"
        desk.keyboard.press("Enter")
        expect(editor).not_to_have_attribute("data-photo", str(now))
    assert not any(photo(store, key).vin for key in truth)
    down = False
    deadline = time.monotonic() + 25
    while not all(photo(store, key).vin == truth[key] for key in done):
        assert time.monotonic() < deadline, "it did not come into the store"
        desk.wait_for_timeout(100)  # unlike time.sleep, it lets the new connection through
    expect(editor).to_have_attribute("data-state", "ready")
    assert shown(editor) not in done


def test_a_drag_is_one_message(desk: Page, app_server: AppServer, store: Store) -> None:
    key = bring(store, VINS[0])
    sent: list[float] = []
    desk.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(time.monotonic())))
    editor = enter(desk, app_server)
    desk.wait_for_timeout(500)
    editor.get_by_test_id("slot-4").click()
    box = editor.get_by_test_id("box-4").locator(".extent").bounding_box()
    assert box is not None
    sent.clear()
    desk.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20)
    desk.mouse.down()
    for step in range(30):
        desk.mouse.move(box["x"] + box["width"] + step / 2, box["y"] + 20)
    assert not sent
    desk.mouse.up()
    desk.wait_for_timeout(800)
    assert len(sent) == 1
    desk.keyboard.press("Enter")  # the keyboard never left
    until(lambda: photo(store, key).vin is not None)
    content = history(store, key)[-1].content
    assert content is not None
    left, _, width, _ = content.characters[4].box
    assert left == pytest.approx(4 / 17, abs=1e-3) and width > 1.1 / 17


def test_triage_accepts_nine_and_opens_one(desk: Page, app_server: AppServer, store: Store) -> None:
    keys = [bring(store, vin, status="accepted") for vin in VINS]
    editor = enter(desk, app_server)
    desk.get_by_role("radio", name="Triage").or_(desk.get_by_role("button", name="Triage")).first.click()
    expect(desk.locator(".vd-triage img")).to_have_count(len(VINS), timeout=20_000)
    last = desk.locator(f".st-key-triage_card_{keys[4]}")
    # The button is drawn after the last strip, and its key works from then on.
    expect(desk.locator(".st-key-triage_accept button")).to_be_visible()
    settled(desk)
    last.locator("label").click()
    expect(last.get_by_role("checkbox")).not_to_be_checked()
    desk.keyboard.press("Control+Enter")
    open_still = Wanted(states=("open",))
    until(lambda: [entry.id for entry in find(store, open_still)] == [keys[4]])
    expect(desk.locator(".vd-triage img")).to_have_count(1)
    desk.locator(f".st-key-triage_open_{keys[4]} button").click()
    expect(editor).to_have_attribute("data-photo", str(keys[4]))
    expect(editor).to_have_attribute("data-state", "ready")
    settled(desk)
    desk.keyboard.press("Enter")
    until(lambda: not find(store, open_still))


def test_a_region_is_drawn_and_read_again(desk: Page, app_server: AppServer, store: Store) -> None:
    name = "sample-2.jpg"
    vin = json.loads((SAMPLES.parent / "samples.json").read_text(encoding="utf-8"))[name]
    key = add_photo(store, Incoming((SAMPLES / name).read_bytes(), name, "test"))
    size = photo(store, key).size
    nowhere = Line((Quad.from_box((2, 2, 120, 12)),), 1.0)
    slots = tuple(Slot("A", 0.3, (), 0, (place / 17, (place + 1) / 17)) for place in range(17))
    wrong = Reading("A" * 17, "review", 0.1, "not_applicable", Candidate(nowhere, slots, {}, 0.0, ""))
    save_prediction(store, key, wrong, {"ctc": "00000000"})
    editor = enter(desk, app_server)
    desk.keyboard.press("F10")
    canvas = desk.locator(".st-key-label_region canvas").last
    box = canvas.bounding_box()
    assert box is not None
    region = _place_of(vin, (SAMPLES / name).read_bytes())
    scale = box["width"] / size[0]
    left, top, width, height = (value * scale for value in region)
    desk.mouse.move(box["x"] + left, box["y"] + top)
    desk.mouse.down()
    desk.mouse.move(box["x"] + left + width, box["y"] + top + height, steps=4)
    desk.mouse.up()
    desk.locator(".st-key-region_read button").click()
    expect(editor.get_by_test_id("slot-16")).to_contain_text(vin[16], timeout=30_000)
    until(lambda: text(editor) == vin)
    desk.keyboard.press("Enter")  # the hand is back at the keys
    until(lambda: photo(store, key).vin == vin)
    content = history(store, key)[-1].content
    assert content is not None
    assert abs(content.lines()[0].centre - Quad.from_box(region).centre).max() < region[3]


def _place_of(vin: str, data: bytes) -> tuple[float, float, float, float]:
    """The upright box around the VIN, with some air, as a person would draw it."""
    from core.reader import VinReader

    reading = VinReader.load().read(data)
    assert reading.vin == vin and reading.chosen is not None
    left, top, width, height = reading.chosen.line.parts[0].bounds()
    return left - 4, top - 4, width + 8, height + 8

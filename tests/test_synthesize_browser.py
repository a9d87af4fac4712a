"""The Synthesize desk in Chromium: settings, kept pictures, and a series that outlives the page."""

from __future__ import annotations

import tarfile
import time

import pytest
from conftest import AppServer
from learning_kit import filled
from playwright.sync_api import Page, expect

from core.store import Store
from core.store.jobs import jobs
from core.store.people import add_person

LONG = 120_000
"""Milliseconds that a first page, or a small series, may take on a busy machine."""


@pytest.fixture
def store(app_server: AppServer) -> Store:
    """The app's own store, empty but for people."""
    for path in app_server.database.parent.glob("labels.db*"):
        path.unlink()
    store = Store.open(app_server.database, app_server.home)
    add_person(store, "Eve", ["data scientist"])
    add_person(store, "Rita", ["reviewer"])
    return store


@pytest.fixture
def desk(browser_page: Page, app_server: AppServer, store: Store) -> Page:
    browser_page.goto(f"{app_server.url}/synthesize?as=Eve")
    expect(browser_page.get_by_test_id("made-0")).to_be_visible(timeout=LONG)
    return browser_page


def way(page: Page, name: str) -> None:
    page.locator(".st-key-synthesize_way").get_by_text(name, exact=True).click()


def test_settings_change_the_pictures_and_kept_ones_stay(desk: Page) -> None:
    picture = desk.get_by_test_id("made-0").locator("img")
    before = picture.get_attribute("src")
    assert desk.get_by_test_id("made-0").locator(".vd-strip span").count() == 17
    # With the keyboard alone: the slider's thumb takes arrow keys.
    thumb = desk.locator(".st-key-synth_blur").get_by_role("slider")
    thumb.focus()
    for _ in range(12):
        thumb.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", str(before), timeout=LONG)
    desk.locator(".st-key-synth_usual button").click()
    expect(picture).to_have_attribute("src", str(before), timeout=LONG)
    desk.locator(".st-key-synth_pin_0 label").click()
    desk.locator(".st-key-synth_other button").click()
    expect(desk.get_by_test_id("made-17")).to_be_visible(timeout=LONG)
    expect(desk.get_by_test_id("made-0")).to_be_visible()
    expect(desk.get_by_test_id("made-1")).to_have_count(0)


def test_nothing_is_wider_than_the_screen(desk: Page) -> None:
    for name, mark in (("Glyphs", "glyphs"), ("Beside real ones", "no-real")):
        way(desk, name)
        expect(desk.get_by_test_id(mark)).to_be_visible(timeout=LONG)
        assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_real_strips_stand_beside_drawn_ones(desk: Page, store: Store) -> None:
    filled(store, train=2, val=1)
    way(desk, "Beside real ones")
    table = desk.get_by_test_id("beside")
    expect(table).to_be_visible(timeout=LONG)
    expect(table.locator("tbody tr")).to_have_count(2)
    # No address that others could open.
    assert all(
        str(one.get_attribute("src")).startswith("data:image/png") for one in table.locator("img").all()
    )


def test_a_series_outlives_the_page(desk: Page, store: Store, app_server: AppServer) -> None:
    way(desk, "Make a series")
    box = desk.locator(".st-key-series_count input")
    box.fill("40")
    box.press("Tab")
    desk.locator(".st-key-start_series button").click()
    expect(desk.get_by_test_id("job-1")).to_be_visible(timeout=LONG)
    desk.goto(f"{app_server.url}/?as=Eve")
    deadline = time.monotonic() + LONG / 1000
    while jobs(store)[0].state != "done" and time.monotonic() < deadline:
        time.sleep(0.5)
    (done,) = jobs(store)
    assert (done.kind, done.state) == ("synthesize strips", "done"), done.reason
    with tarfile.open(app_server.home / "runs" / str(done.id) / "pictures" / "train-000000.tar") as shard:
        assert len(shard.getnames()) == 120
    desk.goto(f"{app_server.url}/synthesize?as=Eve")
    way(desk, "Make a series")
    expect(desk.get_by_text("The first of series 1")).to_be_visible(timeout=LONG)


def test_a_reviewer_may_not_come_in(browser_page: Page, app_server: AppServer, store: Store) -> None:
    browser_page.goto(f"{app_server.url}/synthesize?as=Rita")
    expect(browser_page.get_by_text("that takes one of the roles data scientist, admin")).to_be_visible(
        timeout=LONG
    )
    expect(browser_page.get_by_test_id("made-0")).to_have_count(0)

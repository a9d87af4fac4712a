"""The Measure desk in Chromium: views, the slider, a cell that opens its photos, files to take away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import AppServer
from measure_kit import Bench
from playwright.sync_api import Page, expect
from test_label_browser import HOSTILE, VINS

from core.store import Store
from core.store.people import add_person

pytestmark = pytest.mark.browser

AT, DAY = 1_790_000_000.0, 86_400.0


@pytest.fixture
def store(app_server: AppServer) -> Store:
    """The app's own store: a reviewer, a data scientist, a labeller, no photo."""
    for path in app_server.database.parent.glob("labels.db*"):
        path.unlink()
    store = Store.open(app_server.database, app_server.home)
    for name, role in (("Rita", "reviewer"), ("Eve", "data scientist"), ("Ann", "labeller")):
        add_person(store, name, [role])
    return store


def fill(store: Store) -> list[int]:
    """Thirty photos; the first reading of two of them takes an 8 for a B. Returns those two."""
    bench, wrong = Bench(store), []
    for k in range(30):
        vin = VINS[k % 6][:16] + "8"
        key = bench.photo(vin, kind=HOSTILE if k % 3 else "label", tags=(HOSTILE,), gold=k == 4)
        slips = k in (7, 8)
        read = bench.read(key, vin[:16] + "B" if slips else vin, 0.97 if slips else 0.996, "accepted",
                          at=AT + k * DAY, stages={"detect": 20.0, HOSTILE: 4.0, "total": 30.0})  # fmt: skip
        bench.label(key, vin, 5.0, read, at=AT + k * DAY)
        wrong += [key] if slips else []
    bench.promoted({"ctc": "1a2b3c4d"}, HOSTILE, AT + 3 * DAY)
    return wrong


def enter(page: Page, server: AppServer, name: str = "Rita") -> None:
    page.set_default_navigation_timeout(90_000)
    page.goto(f"{server.url}/measure?as={name}")
    expect(page.locator(".st-key-measure_view")).to_be_visible(timeout=60_000)


def turn(page: Page, view: str) -> None:
    page.locator(".st-key-measure_view").get_by_text(view, exact=True).click()


def drawn(page: Page, key: str) -> None:
    """The plot has been drawn."""
    plot = page.locator(f".st-key-{key}").locator("canvas, svg.marks, svg")
    expect(plot.first).to_be_visible()


def test_an_empty_desk_says_what_to_do(browser_page: Page, app_server: AppServer, store: Store) -> None:
    page = browser_page
    page.set_default_navigation_timeout(90_000)
    page.goto(f"{app_server.url}/measure?as=Eve")
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible(timeout=60_000)
    Bench(store).photo(VINS[0])
    page.reload()
    expect(page.get_by_test_id("measure-hint")).to_contain_text("Nothing was read yet", timeout=60_000)


def test_every_view_draws_and_texts_of_others_are_inert(
    browser_page: Page, app_server: AppServer, store: Store
) -> None:
    fill(store)
    page = browser_page
    enter(page, app_server)
    expect(page.get_by_test_id("measure-tiles")).to_contain_text("93.3%")  # 28 of 30
    expect(page.get_by_test_id("measure-tiles")).to_contain_text("n = 30")
    drawn(page, "measure_over_time")
    turn(page, "Groups")
    drawn(page, "measure_groups")
    for by in ("Maker", "Model year", "Trouble"):
        page.locator(".st-key-measure_by").get_by_text(by, exact=True).click()
        drawn(page, "measure_groups")
    turn(page, "Speed")
    expect(page.get_by_test_id("measure-latency")).to_contain_text("30 ms")
    drawn(page, "measure_stages")
    drawn(page, "measure_pace")
    expect(page.get_by_test_id("measure-pace")).to_contain_text("5.0 s")
    # A text of others where the browser could take it for more than a text.
    page.locator(".st-key-measure_kind").click()
    expect(page.get_by_role("option", name=HOSTILE)).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("window.hit") is None and page.locator("img[src=x]").count() == 0
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_slider_tells_what_accepting_costs(
    browser_page: Page, app_server: AppServer, store: Store
) -> None:
    fill(store)
    page = browser_page
    enter(page, app_server, "Eve")
    turn(page, "Certainty")
    says = page.get_by_test_id("measure-says")
    expect(says).to_contain_text("Accept at 99.5 %: 93.3% automatic, 0.0 wrong per 1,000")
    expect(says).to_contain_text("n = 30")
    drawn(page, "measure_risk")
    drawn(page, "measure_reliability")
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowLeft")
    expect(says).to_contain_text("Accept at 99.4 %")
    for _ in range(6):
        slider.press("ArrowLeft")
    expect(says).to_contain_text(re.compile(r"Accept at 97 %: 100\.0% automatic, 66\.7 wrong per 1,000"))


def test_a_cell_opens_its_photos_on_the_review_desk(
    browser_page: Page, app_server: AppServer, store: Store
) -> None:
    wrong = fill(store)
    page = browser_page
    enter(page, app_server)
    turn(page, "Confusions")
    cell = page.get_by_test_id("cell-8B")
    expect(cell).to_have_text("2")
    expect(cell).to_have_attribute("href", re.compile(r"^review\?.*ids="))
    cell.click()
    cards = page.get_by_test_id("card")
    expect(cards).to_have_count(2)
    for key in wrong:
        expect(page.locator(f"[data-testid=card][data-photo='{key}']")).to_be_visible()
    expect(page.get_by_text("Rita (reviewer)")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/review\?"))


def test_without_the_right_to_review_a_cell_is_a_number(
    browser_page: Page, app_server: AppServer, store: Store
) -> None:
    fill(store)
    page = browser_page
    enter(page, app_server, "Eve")
    turn(page, "Confusions")
    cell = page.get_by_test_id("cell-8B")
    expect(cell).to_have_text("2")
    expect(page.locator("a[data-testid^=cell-]")).to_have_count(0)


def test_plots_and_tables_can_be_taken_away(
    browser_page: Page, app_server: AppServer, store: Store, tmp_path: Path
) -> None:
    fill(store)
    page = browser_page
    enter(page, app_server)
    drawn(page, "measure_over_time")
    page.locator(".st-key-measure_over_time").hover()
    picture = page.locator(".st-key-measure_over_time").get_by_role("button", name="Download as PNG")
    expect(picture).to_be_visible()
    with page.expect_download() as taken:
        picture.click()
    taken.value.save_as(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as taken:
        page.locator(".st-key-measure_champions_csv button").first.click()
    taken.value.save_as(tmp_path / "champions.csv")
    text = (tmp_path / "champions.csv").read_text(encoding="utf-8-sig")
    assert text.startswith("champion,n,right") and ",30,28,93.33," in text


def test_a_labeller_cannot_open_the_desk(browser_page: Page, app_server: AppServer, store: Store) -> None:
    fill(store)
    page = browser_page
    page.set_default_navigation_timeout(90_000)
    page.goto(f"{app_server.url}/measure?as=Ann")
    expect(page.get_by_text("Ann may not measure")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("measure-tiles")).to_have_count(0)
    page.goto(f"{app_server.url}/label?as=Ann")
    expect(page.get_by_role("link", name="Label")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="Measure")).to_have_count(0)

"""The Review desk in Chromium: failures sent back, mended and approved; links, cells, bulk approval."""

from __future__ import annotations

import sqlite3
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import AppServer
from playwright.sync_api import Locator, Page, expect
from test_label_browser import HOSTILE, VINS, bring, shown, until

from core.store import Content, Draft, Store
from core.store.annotations import save
from core.store.drafts import kept_draft
from core.store.history import history
from core.store.people import add_person, find_person
from core.store.photos import photo
from core.store.selection import Selection, keys


@pytest.fixture
def store(app_server: AppServer) -> Store:
    """The app's own store: two labellers, two reviewers, no photo."""
    for path in app_server.database.parent.glob("labels.db*"):
        path.unlink()
    store = Store.open(app_server.database, app_server.home)
    for name in ("Ann", "Bob"):
        add_person(store, name, ["labeller"])
    for name in ("Rita", "Rob"):
        add_person(store, name, ["reviewer"])
    return store


@pytest.fixture
def desk(browser_page: Page) -> Page:
    browser_page.set_viewport_size({"width": 1366, "height": 768})
    browser_page.set_default_navigation_timeout(90_000)
    return browser_page


def who(store: Store, name: str) -> int:
    person = find_person(store, name)
    assert person is not None
    return person.id


def labelled(store: Store, vin: str, read: str | None = None, by: str = "Ann", note: str = "") -> int:
    """A photo with a label that says ``vin`` and a reading that says ``read``."""
    key = bring(store, vin, read, name=HOSTILE)
    if read is None or read == vin:
        with sqlite3.connect(store.path) as db:  # `bring` lets the readers differ where it misreads only
            assert db.execute("SELECT apart FROM photos WHERE id = ?", [key]).fetchone() == (0.0,)
    save(store, Draft(key, who(store, by), 0, Content(vin, kind="label"), 4.0, note=note))
    return key


def enter(page: Page, server: AppServer, query: str = "", name: str = "Rita") -> None:
    page.goto(f"{server.url}/review?as={name}&{query}")
    expect(page.locator(".st-key-review_view")).to_be_visible(timeout=60_000)


def cards(page: Page) -> Locator:
    return page.get_by_test_id("card")


def seen(page: Page) -> set[int]:
    return {int(one.get_attribute("data-photo") or 0) for one in cards(page).all()}


def filters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def now(page: Page, photo: int) -> Locator:
    """The single view of this photo."""
    found = page.locator(f"[data-testid=review-photo][data-photo='{photo}']")
    expect(found).to_be_visible()
    return found


def comment(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Comment").fill(text)


def test_a_failure_goes_to_the_labeller_and_back_and_is_approved(
    desk: Page, app_server: AppServer, store: Store
) -> None:
    wrong = VINS[0][:15] + "B8"
    key = labelled(store, wrong, VINS[0], note=HOSTILE)
    right = labelled(store, VINS[1])
    enter(desk, app_server)
    expect(cards(desk)).to_have_count(2)
    first = cards(desk).first  # failures first
    expect(first).to_have_attribute("data-photo", str(key))
    expect(first).to_contain_text("model: 1 wrong")
    first.click()
    now(desk, key)
    until(lambda: filters(desk).get("photo") == [str(key)])
    expect(desk.get_by_test_id("opinions").locator("td.vd-apart")).to_have_count(2)  # the reading, a reader
    expect(desk.locator(".vd-comments")).to_contain_text(HOSTILE)
    desk.keyboard.press("Control+Shift+Enter")
    expect(desk.get_by_test_id("review-said")).to_contain_text("write a comment first")
    comment(desk, f"slot 16 is an 8 {HOSTILE}")
    desk.keyboard.press("Control+Shift+Enter")
    expect(desk.get_by_test_id("review-said")).to_contain_text(f"Photo {key} sent back")
    now(desk, right)  # and the next one is there
    assert [event.action for event in history(store, key)] == ["label", "send_back"]

    desk.goto(f"{app_server.url}/label?as=Ann")
    editor = desk.get_by_test_id("strip-editor")
    expect(editor).to_have_attribute("data-photo", str(key), timeout=60_000)
    expect(editor.locator(".chip.back")).to_contain_text("slot 16 is an 8")
    desk.keyboard.press("End")
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("8")
    desk.keyboard.press("F9")
    desk.keyboard.type("you are right")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Enter")
    until(lambda: photo(store, key).vin == VINS[0])

    enter(desk, app_server, f"photo={key}")
    now(desk, key)
    expect(desk.locator(".vd-comments")).to_contain_text("you are right")
    comment(desk, "thank you")
    desk.keyboard.press("Control+Enter")
    until(lambda: photo(store, key).state == "approved")
    events = history(store, key)
    assert [(event.action, event.by) for event in events] == [
        *(("label", "Ann"), ("send_back", "Rita"), ("label", "Ann"), ("approve", "Rita")),
    ]
    said = [event.reason or event.note for event in events]
    assert said == [HOSTILE, f"slot 16 is an 8 {HOSTILE}", "you are right", "thank you"]
    assert events[-1].seconds > 0
    assert desk.evaluate("window.hit") is None and desk.locator("img[src=x]").count() == 0


def test_a_confusion_cell_opens_exactly_its_photos(desk: Page, app_server: AppServer, store: Store) -> None:
    eights = {labelled(store, vin, vin.replace("8", "B", 1)) for vin in (VINS[0], VINS[5])}
    labelled(store, VINS[3], VINS[3].replace("W", "V", 1))
    labelled(store, VINS[1])
    bring(store, VINS[4], VINS[4].replace("4", "A", 1))  # not labelled: nobody knows what is right
    enter(desk, app_server, "view=confusions&state=any")
    cells = desk.locator("[data-testid^=cell-]")
    expect(cells).to_have_count(2)
    expect(desk.get_by_test_id("cell-8B")).to_have_text("2")
    desk.get_by_test_id("cell-8B").click()
    expect(cards(desk)).to_have_count(2)
    until(lambda: seen(desk) == eights == set(keys(store, who(store, "Rita"), Selection(pair=("8", "B")))))
    until(lambda: filters(desk).get("pair") == ["8B"])
    link = desk.url.replace("as=Rita", "as=Rob")  # handed to somebody else
    desk.goto(link)
    expect(cards(desk)).to_have_count(2)
    until(lambda: seen(desk) == eights)
    assert HOSTILE not in desk.url and not any(vin in desk.url for vin in VINS)
    desk.get_by_role("radio", name="Clusters").or_(desk.get_by_role("button", name="Clusters")).first.click()
    expect(desk.get_by_test_id("cluster").first).to_contain_text("8 → B")
    desk.get_by_test_id("cluster").first.click()
    expect(cards(desk)).to_have_count(2)


def test_bulk_approval_touches_only_what_agrees(desk: Page, app_server: AppServer, store: Store) -> None:
    agree = [labelled(store, vin) for vin in VINS[:3]]
    differ = labelled(store, VINS[3], VINS[3][:16] + "5")
    own = labelled(store, VINS[4], by="Rita")
    back = labelled(store, VINS[5])
    unread = labelled(store, VINS[6][:16] + "?", VINS[6])
    others = [differ, own, back, unread]
    with store.writing() as db:
        db.execute("INSERT INTO blind (photo, person) VALUES (?, ?)", [back, who(store, "Bob")])
    save(store, Draft(back, who(store, "Bob"), 0, Content(VINS[5][:16] + "9")))  # a second label differs
    before = {key: photo(store, key) for key in others}
    enter(desk, app_server)
    expect(cards(desk)).to_have_count(7)
    button = desk.locator(".st-key-approve_agreeing button").first
    expect(button).to_contain_text("Approve the 3 that agree")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_test_id("review-said")).to_contain_text("3 approved")
    assert {photo(store, key).state for key in agree} == {"approved"}
    assert {key: photo(store, key) for key in others} == before
    expect(cards(desk)).to_have_count(4)
    expect(button).to_be_disabled()


def test_a_labeller_cannot_open_the_desk(desk: Page, app_server: AppServer, store: Store) -> None:
    labelled(store, VINS[0])
    desk.goto(f"{app_server.url}/review?as=Ann")
    refused = desk.get_by_text("Ann may not review")
    expect(refused).to_be_visible(timeout=60_000)
    assert cards(desk).count() == 0 and desk.locator(".st-key-review_view").count() == 0
    assert desk.get_by_label("New here? Your name").count() == 0
    desk.goto(f"{app_server.url}/label?as=Ann")
    expect(desk.get_by_test_id("strip-editor")).to_be_visible(timeout=60_000)
    expect(desk.get_by_role("link", name="Label")).to_be_visible()
    expect(desk.get_by_role("link", name="Review")).to_have_count(0)
    desk.locator(".st-key-my_figures button").first.click()
    expect(desk.get_by_test_id("own-figures")).to_contain_text("Labels1")


def test_filters_combine_count_and_live_in_the_address(
    desk: Page, app_server: AppServer, store: Store
) -> None:
    mine = labelled(store, VINS[0], VINS[0][:15] + "B8")
    labelled(store, VINS[1], VINS[1][:16] + "6", by="Bob")
    labelled(store, VINS[2])
    enter(desk, app_server)
    model = desk.locator(".st-key-f_model")
    counts = desk.locator(".vd-counts")
    expect(counts.nth(1)).to_have_text("differ 2 · agree 1")
    model.get_by_text("differ").click()
    expect(cards(desk)).to_have_count(2)
    box = desk.locator(".st-key-f_labellers")
    box.locator("input").click()
    desk.keyboard.type("Ann")
    desk.keyboard.press("Enter")
    expect(cards(desk)).to_have_count(1)
    until(lambda: seen(desk) == {mine})
    expect(counts.nth(1)).to_have_text("differ 1 · agree 1")  # of Ann's
    found = filters(desk)
    assert (found["model"], found["labeller"]) == (["differ"], [str(who(store, "Ann"))])
    desk.reload()
    expect(cards(desk)).to_have_count(1)
    until(lambda: seen(desk) == {mine})
    desk.locator(".st-key-review_share button").first.click()
    expect(desk.locator(".st-key-review_share code, [data-testid=stPopoverBody] code")).to_contain_text(
        "model=differ"
    )
    desk.get_by_label("Name of the view").fill(HOSTILE)
    desk.get_by_label("Name of the view").press("Enter")
    until(lambda: bool(_views(store)))
    desk.keyboard.press("Escape")
    expect(desk.get_by_label("Name of the view")).to_be_hidden()
    desk.wait_for_timeout(1000)  # a popover that is closing swallows the click that comes with it
    desk.locator(".st-key-review_clear button").click()
    expect(cards(desk)).to_have_count(3)
    desk.locator(".st-key-review_views button").first.click()
    desk.get_by_role("button", name=HOSTILE).click()
    expect(cards(desk)).to_have_count(1)
    assert desk.evaluate("window.hit") is None


def _views(store: Store) -> list:
    with store.reading() as db:
        return db.execute("SELECT name FROM views").fetchall()


def test_fix_restore_and_nobody_approves_their_own(desk: Page, app_server: AppServer, store: Store) -> None:
    key = labelled(store, VINS[0][:15] + "B8", VINS[0])
    enter(desk, app_server, f"photo={key}")
    now(desk, key)
    desk.wait_for_timeout(500)
    desk.keyboard.press("f")
    editor = desk.get_by_test_id("strip-editor")
    expect(editor).to_have_attribute("data-photo", str(key))
    assert shown(editor) == key
    desk.keyboard.type("ZZ")
    until(lambda: kept_draft(store, key, who(store, "Rita")) is not None)
    desk.keyboard.press("Escape")  # nothing is done, nothing skipped, nothing kept
    expect(editor).to_have_count(0)
    expect(desk.get_by_text("left as it was")).to_be_visible()
    assert [event.action for event in history(store, key)] == ["label"]
    assert kept_draft(store, key, who(store, "Rita")) is None
    now(desk, key)
    desk.wait_for_timeout(500)
    desk.keyboard.press("f")
    expect(editor).to_have_attribute("data-photo", str(key))
    desk.keyboard.press("End")
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("8")
    desk.keyboard.press("Enter")
    until(lambda: photo(store, key).vin == VINS[0])
    now(desk, key)
    expect(desk.get_by_text("You labelled this photo; somebody else approves it.")).to_be_visible()
    expect(desk.locator(".st-key-approve button")).to_be_disabled()
    expect(desk.locator(".st-key-send_back button")).to_be_disabled()

    enter(desk, app_server, f"photo={key}", "Rob")
    now(desk, key)
    expect(desk.locator(".vd-event")).to_have_count(2)
    desk.locator(".st-key-approve button").click()
    until(lambda: photo(store, key).state == "approved")
    enter(desk, app_server, f"photo={key}&state=any", "Rob")
    now(desk, key)
    first = history(store, key)[0].id
    desk.locator(f".st-key-restore_{first} button").click()
    until(lambda: photo(store, key).state == "labelled")
    assert photo(store, key).vin == VINS[0][:15] + "B8"
    assert [event.action for event in history(store, key)] == ["label", "label", "approve", "restore"]
    expect(desk.locator(".vd-event").first).to_contain_text(f"restored version {first}")


def test_people_and_alerts(desk: Page, app_server: AppServer, store: Store) -> None:
    one = labelled(store, VINS[0])
    other = bring(store, VINS[1])
    save(store, Draft(other, who(store, "Bob"), 0, Content(VINS[0]), 4.0))
    enter(desk, app_server, "view=people")
    expect(desk.get_by_test_id("people").locator("tbody tr")).to_have_count(2)
    expect(desk.get_by_test_id("people")).to_contain_text("4.0 s")
    desk.get_by_role("radio", name="Alerts").or_(desk.get_by_role("button", name="Alerts")).first.click()
    expect(desk.get_by_text("One VIN, several photos").first).to_be_visible()
    desk.get_by_role("button", name="Look at them").first.click()
    expect(cards(desk)).to_have_count(2)
    until(lambda: seen(desk) == {one, other})
    enter(desk, app_server, "view=alerts")
    settled = desk.get_by_role("button", name="Settled")
    expect(settled).to_have_count(1)
    settled.click()
    expect(desk.get_by_text("Nothing looks like a mistake")).to_be_visible()

"""How fast the Review desk is: `python benchmarks/review_desk.py [--photos 100000] [--events 1000000]`.

Photos with a life behind them (labels, returns, approvals; one label in six misread by the model, blind
second labels, look-alikes), their files links to one 1280 x 960 JPEG. First every question that a view asks
of the store, then the views and filters in Chromium, from the click to the new content. Beside the time that
passed stands what the processor computed: on a machine that does other work as well, only that is the desk's.
`--keep FOLDER` leaves the store there; `--screenshots FOLDER` takes a picture of each view.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import launched
from label_desk import served
from store import MAKERS, fill

from core.geometry import Quad
from core.images import encode_jpeg
from core.store import Store
from core.store.alerts import alerts
from core.store.audit import case, trail
from core.store.bulk import agreeing
from core.store.clusters import clusters
from core.store.confusions import matrix
from core.store.entries import corners_of
from core.store.figures import figures
from core.store.files import path_of
from core.store.people import add_person, find_person
from core.store.selection import WAITING, Selection, cards, facets, keys, total
from core.synth.scenes import SceneConfig, synthetic_scene
from core.vin import confusable_with

VIEW, FILTER = 2.0, 1.0
"""Seconds allowed: a view to show, a filter to react."""

REPEATS = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="make the store here, or use the one that is here")
    parser.add_argument("--screenshots", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        store = Store.open(folder / "labels.db", folder / "home")
        if find_person(store, "Rita") is None:
            start = time.perf_counter()
            populate(store, options.photos, options.events)
            print(f"filled in {time.perf_counter() - start:.0f} s")
        rita = find_person(store, "Rita")
        assert rita is not None
        print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        in_store(store, rita.id)
        in_browser(store, options.screenshots)


def populate(store: Store, photos: int, events: int) -> None:
    """As ``benchmarks/store.py`` fills it, and what a reviewer looks for."""
    people = [add_person(store, f"Labeller {i}", ["labeller"]).id for i in range(8)]
    reviewer = add_person(store, "Rob", ["reviewer"]).id
    add_person(store, "Rita", ["reviewer"])
    fill(store, people, reviewer, photos, events)
    rng = np.random.default_rng(1)
    scene = synthetic_scene(rng, SceneConfig(side=1280, empty=0.0))
    data = encode_jpeg(scene.pixels[:960])
    reading = json.dumps({"quads": [corners_of(Quad.from_line((128.0, 96.0), 180.0, 18.0, 0.2))]})
    with store.reading() as db:
        texts = db.execute("SELECT id, read, sha256 FROM photos").fetchall()
    misread = []
    for key, text, _ in texts:
        if rng.random() < 1 / 6:
            slot = int(rng.integers(3, 17))
            other = sorted(confusable_with(text[slot])) or ["8"]
            misread.append((text[:slot] + other[int(rng.integers(len(other)))] + text[slot + 1 :], key))
    with store.writing() as db:
        db.execute("UPDATE predictions SET reading = ?, disagreement = 0.1 * (photo % 5 = 0)", [reading])
        db.conn.executemany("UPDATE photos SET read = ? WHERE id = ?", misread)
        # The triggers work out what follows, as they do when photos come in one by one.
        db.execute("UPDATE photos SET prediction = NULL")
        db.execute("UPDATE photos SET prediction = id")
        db.execute("UPDATE photos SET author = (SELECT person FROM events WHERE id = photos.content)")
        db.execute("UPDATE photos SET phash = (SELECT phash FROM photos p WHERE p.id = photos.id - 1) "
                   "WHERE id % 500 = 0")  # fmt: skip
        seconds = []
        for key, text, _ in texts[: photos // 20 : 2]:
            said = text if rng.random() < 0.9 else text[:16] + ("1" if text[16] != "1" else "7")
            seconds.append((f"s{key}", key, people[(key + 3) % 8], people[(key + 3) % 8], store.now(), said))
        db.conn.executemany(
            "INSERT INTO events (uid, photo, track, action, person, role, at, seconds, state, content, text, "
            "quads, characters, kind, tags) SELECT ?, ?, ?, 'label', ?, 'labeller', ?, 3, 'labelled', "
            "(SELECT seq + 1 FROM sqlite_sequence WHERE name = 'events'), ?, '[]', '[]', '', '[]'",
            seconds,
        )
    lay_files(store, data)


def lay_files(store: Store, data: bytes) -> None:
    """A file for every photo: links to a few copies of one, since a file takes 65,000 links."""
    with store.reading() as db:
        hashes = [row[0] for row in db.execute("SELECT sha256 FROM photos ORDER BY id").fetchall()]
    copy = path_of(store, hashes[0])
    for place, sha256 in enumerate(hashes):
        path = path_of(store, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        if place % 30_000 == 0:
            copy = path
            copy.unlink(missing_ok=True)
            copy.write_bytes(data)
        elif not path.exists():
            os.link(copy, path)


def in_store(store: Store, person: int) -> None:
    waiting = Selection(states=WAITING)
    choices = {
        "everything": Selection(),
        "waiting": waiting,
        "model differs": Selection(model="differ"),
        "a pair": Selection(pair=("8", "B")),
        "five together": Selection(
            states=WAITING, model="differ", kinds=("label",), tags=("glare",), makers=(MAKERS[0],)
        ),
    }
    allowed = {}
    for name, selection in choices.items():
        page = keys(store, person, selection, 24)
        allowed |= {
            f"counts of all filters: {name}": (lambda s=selection: facets(store, person, s), FILTER),
            f"page and total: {name}": (
                lambda s=selection: (
                    total(store, person, s),
                    cards(store, person, keys(store, person, s, 24)),
                ),
                FILTER,
            ),
            f"what agrees on it: {name}": (
                lambda ids=tuple(page) or (1,): agreeing(store, person, Selection(ids=ids)),
                FILTER,
            ),
        }
    shown = keys(store, person, waiting, 1)[0]
    allowed |= {
        "a photo and its history": (
            lambda: (case(store, shown, person), trail(store, shown, person), keys(store, person, waiting)),
            VIEW,
        ),
        "confusions of everything": (lambda: matrix(store, person, Selection()), VIEW),
        "clusters of everything": (lambda: clusters(store, person, Selection()), VIEW),
        "people": (lambda: figures(store, person), VIEW),
    }
    begun, computed = time.perf_counter(), time.process_time()
    found = alerts(store, person)
    print(
        f"{'alerts, all photos new':<42}{time.perf_counter() - begun:>7.2f} s, computed "
        f"{time.process_time() - computed:.2f} s, {len(found)} alerts"
    )
    allowed["alerts, nothing new"] = (lambda: alerts(store, person), VIEW)
    for name, (ask, limit) in allowed.items():
        tell(name, [measured(ask) for _ in range(REPEATS)], limit)


def measured(ask: Callable[[], object]) -> tuple[float, float]:
    begun, computed = time.perf_counter(), time.process_time()
    ask()
    return time.perf_counter() - begun, time.process_time() - computed


def tell(name: str, spans: list[tuple[float, float]], limit: float) -> None:
    passed, computed = (statistics.median(one) for one in zip(*spans, strict=True))
    longest = max(one for one, _ in spans)
    late = "" if passed < limit else f"   OVER {limit:.0f} s"
    print(f"{name:<42}{passed:>7.2f} s, longest {longest:.2f}, computed {computed:.2f}{late}")


def in_browser(store: Store, screenshots: Path | None) -> None:
    with served(store) as url, sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)
        page.goto(f"{url}/review?as=Rita")
        page.get_by_test_id("card").first.wait_for()
        page.wait_for_timeout(3000)
        spans: dict[str, list[tuple[float, float]]] = {}

        def act(name: str, click: Callable[[], object], ready: str) -> None:
            begun, computed = time.perf_counter(), computed_below()
            click()
            page.locator(ready).first.wait_for()
            passed = time.perf_counter() - begun
            spans.setdefault(name, []).append((passed, computed_below() - computed))
            page.wait_for_timeout(700)  # what is drawn below it is not to be counted with the next
            if screenshots:
                screenshots.mkdir(parents=True, exist_ok=True)
                page.wait_for_timeout(1500)
                page.screenshot(path=screenshots / f"{name.replace(' ', '-').replace(':', '')}.png")

        for _ in range(REPEATS):
            once(page, act)
        browser.close()
    for name, found in spans.items():
        tell(f"in the browser: {name}", found, FILTER if "filter" in name else VIEW)


def computed_below() -> float:
    """Seconds that the server and the browser, all processes below this one, have computed so far."""
    parents, spent = {}, {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(") ")[2].split()
        except OSError:  # it has just ended
            continue
        number = int(entry.parent.name)
        parents[number] = int(fields[1])
        spent[number] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    found, wanted = 0.0, {os.getpid()}
    while wanted:
        wanted = {number for number, parent in parents.items() if parent in wanted}
        found += sum(spent[number] for number in wanted)
    return found


def once(page: Page, act: Callable[[str, Callable[[], object], str], None]) -> None:
    """Through every view and some filters, and back to where it began.

    Streamlit keeps what was there until the new comes: ready is what only the new content has.
    """

    def turn(name: str) -> Callable[[], object]:
        return lambda: page.locator(".st-key-review_view").get_by_text(name, exact=True).click()

    def press(key: str, text: str = "") -> Callable[[], object]:
        found = page.locator(f".st-key-{key}")
        return lambda: (found.get_by_text(text) if text else found.locator("button").first).click()

    card = "[data-testid=card]"
    act("filter: model differs", press("f_model", "differ"), f"{card}[data-query*='model=differ']")
    act("filter: and readers differ", press("f_readers", "differ"), f"{card}[data-query*='readers=differ']")
    act("filter: cleared", press("review_clear"), f"{card}:not([data-query*=differ])")
    act("view: next page", press("review_page_after"), f"{card}[data-query*='page=1']")
    act("view: page before", press("review_page_before"), f"{card}:not([data-query*='page='])")
    act("view: one photo", page.locator(card).first.click, "[data-testid=opinions]")
    act("view: gallery", press("review_all"), card)
    act("view: confusions", turn("Confusions"), "[data-testid^=cell-]")
    act("view: clusters", turn("Clusters"), "[data-testid=cluster]")
    act("view: people", turn("People"), "[data-testid=people]")
    act("view: alerts", turn("Alerts"), "[class*=st-key-alert_done]")
    act("view: gallery again", turn("Photos"), card)


if __name__ == "__main__":
    main()

"""How fast every desk shows itself: `python -m benchmarks.desks [--photos 0 10 100000]`.

Photos with a life behind them (as `benchmarks/review_desk.py` makes them), whole readings, a snapshot of all
labels with a run that learnt from it, a labelling round over half of the open photos. For an empty store, ten
photos and all of them: the first look at each desk and each of its views, by AppTest until the script has
ended, and in Chromium from the click until the content is there and the script has ended. The Measure desk
has a benchmark of its own. `--keep FOLDER` leaves the large store there; `--screenshots FOLDER` takes a
picture of each view.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, TimeoutError, sync_playwright
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import review_desk
from conftest import launched
from label_desk import served
from measure_desk import record
from review_desk import computed_below, measured, tell

from core.geometry import Quad
from core.store import Store
from core.store.content import corners_of
from core.store.people import add_person, find_person
from core.store.rounds import PseudoLabel, keep_round, pool
from core.store.snapshots import SnapshotConfig, freeze

ROOT = Path(__file__).resolve().parent.parent

VIEW = 2.0
"""Seconds allowed for a view."""

REPEATS = 3
LONGEST = 20_000
"""Milliseconds after which a view is said to show nothing: ten photos may give no cluster and no alert."""
LINE = corners_of(Quad.from_line((128.0, 96.0), 180.0, 18.0, 0.2))
ENDED = "[data-testid=stApp][data-test-script-state=notRunning] "
EDITOR = "[data-testid=strip-editor][data-state=ready]"


@dataclass(frozen=True)
class Desk:
    """A page and its views.

    Attributes:
        page: its file's name.
        title: of its link.
        empty: what shows that it is there without a photo, CSS.
        control: key of the control that turns the views, none without.
        views: title, value and what shows that it is there, the first one first.
    """

    page: str
    title: str
    empty: str
    control: str
    views: tuple[tuple[str, str, str], ...]


NOTHING = "h3:has-text('No photos yet')"
DESKS = (
    Desk("label", "Label", NOTHING, "label_way", (
        ("One by one", "one", EDITOR),
        ("Triage", "triage", ENDED + "[class*=st-key-triage_card_]"),
        ("Guidelines", "guidelines", ENDED + "[class*=st-key-guideline_]"),
    )),
    Desk("review", "Review", ENDED + NOTHING, "review_view", (
        ("Photos", "photos", ENDED + "[data-testid=card]"),
        ("Confusions", "confusions", ENDED + "[data-testid^=cell-]"),
        ("Clusters", "clusters", ENDED + "[data-testid=cluster]"),
        ("People", "people", ENDED + "[data-testid=people]"),
        ("Alerts", "alerts", ENDED + "[class*=st-key-alert_done]"),
    )),
    Desk("synthesize", "Synthesize", ENDED + "[data-testid^=made-]", "synthesize_way", (
        ("Gallery", "gallery", ENDED + "[data-testid^=made-]"),
        ("Beside real ones", "beside", ENDED + "[data-testid=beside]"),
        ("Glyphs", "glyphs", ENDED + "[data-testid=glyphs]"),
        ("Make a series", "series", ENDED + ".st-key-start_series"),
    )),
    Desk("train", "Train", ENDED + "dl.vd-figures", "train_way", (
        ("Train", "train", ENDED + ".st-key-promote"),
        ("Compare runs", "compare", ENDED + ".st-key-compare_runs"),
        ("Champions", "champions", ENDED + "h3:has-text('Releases')"),
        ("Labelling rounds", "rounds", ENDED + "[class*=st-key-round_1]"),
    )),
    Desk("read", "Read", ENDED + "[data-testid=stFileUploader]", "", (
        ("Read", "", ENDED + "[data-testid=stFileUploader]"),
    )),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, nargs="+", default=[0, 10, 100_000])
    parser.add_argument("--keep", type=Path, help="make the large store here, or use the one that is here")
    parser.add_argument("--screenshots", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for photos in options.photos:
            large = photos == max(options.photos)
            folder = options.keep if options.keep and large else Path(temporary) / str(photos)
            store = Store.open(folder / "labels.db", folder / "home")
            if find_person(store, "Ada") is None:
                begun = time.perf_counter()
                populate(store, photos)
                print(f"{photos:,} photos: filled in {time.perf_counter() - begun:.0f} s", end="; ")
            size = store.path.stat().st_size / 2**20
            print(f"{size:.0f} MiB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
            in_apptest(store, photos)
            in_browser(store, photos, options.screenshots if large else None)


def populate(store: Store, photos: int) -> None:
    """Three events per photo, a whole reading of each, a snapshot, a run, a round."""
    if photos:
        review_desk.populate(store, photos, 3 * photos)
    ada = add_person(store, "Ada", ["admin"]).id
    if not photos:
        return
    rng = np.random.default_rng(2)
    with store.writing() as db:
        said = db.execute("SELECT id, read, confidence FROM photos").fetchall()
        db.conn.executemany(
            "UPDATE predictions SET reading = ? WHERE id = ?",
            [(reading_of(rng, read, sure), key) for key, read, sure in said],
        )
    snapshot = freeze(store, ada, "all", SnapshotConfig())
    with store.writing() as db:
        for kind in ("train ctc", "round"):
            db.execute(
                "INSERT INTO runs (kind, state, snapshot, person, config, metrics, started, ended, log, "
                "folder) VALUES (?, 'done', ?, ?, '{}', '{}', ?, ?, 'log.txt', ?)",
                [kind, snapshot.id, ada, store.now() - 3600, store.now(), str(store.home)],
            )
    evidence = {"sure": [0.99] * 17, "readers": {"ctc": "1M8GDM9AXKP042788", "yolo": "1M8GDM9AXKP042788"}}
    labels = [
        PseudoLabel(one.photo, one.sha256, "1M8GDM9AXKP042788", (tuple(map(tuple, LINE)),), evidence, True,
                    place < 40)
        for place, one in enumerate(pool(store)[::2])
    ]  # fmt: skip
    keep_round(store, 2, "ctc=1 yolo=1", labels, 0.97, {"slot": 0.97, "fitted": 1})
    with store.writing() as db:
        db.execute("UPDATE rounds SET state = 'accepted'")


def reading_of(rng: np.random.Generator, read: str, sure: float) -> str:
    """A whole reading's own record, on the line that the photos have."""
    told = json.loads(record(rng, read, sure))
    characters = [{**entry, "part": 0} for entry in told["characters"]]
    return json.dumps({**told, "characters": characters, "quads": [LINE]})


def in_apptest(store: Store, photos: int) -> None:
    os.environ["VIN_DESK_DB"], os.environ["VIN_DESK_HOME"] = str(store.path), str(store.home)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    at.query_params["as"] = "Ada"
    at.run()
    for desk in DESKS:
        spans = [measured(lambda d=desk: at.switch_page(f"pages/{d.page}.py").run())]
        assert not at.exception, at.exception
        tell(f"AppTest: {desk.title}, first look", spans, VIEW)
        if not photos or not desk.control:
            continue
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(REPEATS):
            for title, value, _ready in (*desk.views[1:], desk.views[0]):
                turn = at.segmented_control(key=desk.control).set_value(value)
                found.setdefault(title, []).append(measured(turn.run))
                assert not at.exception, at.exception
        for title, spans in found.items():
            tell(f"AppTest: {desk.title}, {title}", spans, VIEW)


def in_browser(store: Store, photos: int, screenshots: Path | None) -> None:
    spans: dict[str, list[tuple[float, float]]] = {}
    with served(store) as url, sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)

        def act(name: str, click: Callable[[], object], ready: str) -> None:
            begun, computed = time.perf_counter(), computed_below()
            click()
            try:
                page.locator(ready).first.wait_for(timeout=LONGEST)
            except TimeoutError:
                print(f"in the browser: {name}: none of {ready} within {LONGEST / 1000:.0f} s")
                return
            passed = time.perf_counter() - begun
            spans.setdefault(name, []).append((passed, computed_below() - computed))
            page.wait_for_timeout(1200)  # what is drawn below it is not to be counted with the next
            if screenshots:
                screenshots.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=screenshots / f"{name.lower().replace(', ', '-').replace(' ', '-')}.png")

        page.goto(f"{url}/measure?as=Ada")  # signs in, on a desk that is measured elsewhere
        page.locator(".st-key-signed_in_bar").wait_for()
        page.locator(ENDED).wait_for()
        page.wait_for_timeout(2000)
        for desk in DESKS:
            leave(page)
            link = page.get_by_role("link", name=desk.title, exact=True).first
            ready = desk.views[0][2] if photos else desk.empty
            act(f"{desk.title}, first look", link.click, ready)
            for _ in range(REPEATS if photos and desk.control else 0):
                for title, _value, shown in (*desk.views[1:], desk.views[0]):
                    act(f"{desk.title}, {title}", turned(page, desk.control, title), shown)
        browser.close()
    for name, found in spans.items():
        tell(f"in the browser: {name}", found, VIEW)


def leave(page: Page) -> None:
    """To the Measure desk, so that nothing of the desk before is taken for the next one's."""
    page.get_by_role("link", name="Measure", exact=True).first.click()
    page.wait_for_url("**/measure*")
    page.wait_for_timeout(2500)


def turned(page: Page, control: str, title: str) -> Callable[[], object]:
    return lambda: page.locator(f".st-key-{control}").get_by_text(title, exact=True).click()


if __name__ == "__main__":
    main()

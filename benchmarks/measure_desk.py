"""How fast the Measure desk is: `python -m benchmarks.measure_desk [--photos 0 10 100000]`.

Photos with an approved label, each read once and one in five by a second champion too, with readings as large
as real ones and times by stage; 200,000 timed labels. For an empty store, ten photos and all of them: every
question that a view asks of the store, every view by AppTest, and every view in Chromium, from the click to
its content, five times each. Beside the time that passed stands what the processor computed: on a machine
that does other work as well, only that is the desk's. `--keep FOLDER` leaves the large store there;
`--screenshots FOLDER` takes a picture of each view.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import launched
from label_desk import served
from review_desk import computed_below, measured, tell

from core.measure.cases import Wanted, by_champion, counted, gather
from core.measure.certainty import calibration, risk_coverage
from core.measure.confused import confusions
from core.measure.figures import GROUPS, groups, over_time, step_of
from core.measure.pace import latencies, paces, paces_over_time
from core.store import Store
from core.store.measured import Range, label_times, stage_times
from core.store.people import add_person, find_person
from core.store.schema import dice_of
from core.synth.vins import plausible_vin
from core.vin import confusable_with

ROOT = Path(__file__).resolve().parent.parent

VIEW = 2.0
"""Seconds allowed for a view."""

REPEATS = 5
VIEWS = {
    "accuracy": ("Accuracy", "[data-testid=measure-tiles]"),
    "groups": ("Groups", ".st-key-measure_groups canvas, .st-key-measure_groups svg"),
    "confusions": ("Confusions", "[data-testid^=cell-]"),
    "certainty": ("Certainty", "[data-testid=measure-says]"),
    "speed": ("Speed", "[data-testid=measure-latency]"),
}
KINDS = ("label", "windshield", "stamped", "plate")
TAGS = ((), (), ("glare",), ("blur",), ("glare", "angle"), ("dirt",), ("dark",))
STAGES = {"decode": 6, "screen": 2, "detect": 24, "rectify": 3, "recognize": 30, "choose": 1, "inspect": 4}
CHAMPIONS = ("craft=c0ffee01 ctc=1a2b3c4d yolo=5e6f7a8b", "craft=c0ffee01 ctc=77d41e09 yolo=5e6f7a8b")
DAY = 86_400.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, nargs="+", default=[0, 10, 100_000])
    parser.add_argument("--keep", type=Path, help="make the large store here, or use the one that is here")
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--repeats", type=int, default=REPEATS)
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
            print(f"{size:.0f} MiB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            ada = find_person(store, "Ada")
            assert ada is not None
            if photos:
                in_store(store, ada.id, options.repeats)
            in_apptest(store, photos, options.repeats)
            in_browser(store, photos, options.repeats, options.screenshots if large else None)


def populate(store: Store, photos: int, seed: int = 0) -> None:
    """A year of readings and labels; from the eighth month on a second champion serves and is better."""
    rng = np.random.default_rng(seed)
    add_person(store, "Ada", ["admin"])
    ann = add_person(store, "Ann", ["labeller"]).id
    if not photos:
        return
    makers = [plausible_vin(rng) for _ in range(60)]
    weights = 1 / np.arange(1, 61)
    begin, now = store.now() - 360 * DAY, store.now()
    promoted = begin + 240 * DAY
    rows, said, events = [], [], []
    for number in range(1, photos + 1):
        like = makers[int(rng.choice(60, p=weights / weights.sum()))]
        vin = like[:9] + "ABCDEFGHJKLMNP"[int(rng.integers(14))] + like[10] + f"{rng.integers(10**6):06d}"
        kind, tags = KINDS[int(rng.integers(4))], TAGS[int(rng.integers(7))]
        at = begin + 360 * DAY * number / photos
        new = at >= promoted
        readings = [(int(new), at)] + ([(1, promoted + DAY)] if not new and number % 5 == 0 else [])
        for champion, moment in readings:
            read, sure, status = reading_of(rng, vin, kind, tags, champion)
            said.append((number, CHAMPIONS[champion], read, status, sure, 0.0, record(rng, read, sure), 70.0,
                         moment))  # fmt: skip
        sha256 = hashlib.sha256(f"{seed} {number}".encode()).hexdigest()
        rows.append((number, sha256, 64, 48, 9000, "PNG", f"{number}.jpg", "benchmark", at, "approved", vin,
                     vin[:3], kind, json.dumps(tags), at, dice_of(sha256), "gold" if number % 20 == 0 else
                     "train", CHAMPIONS[readings[-1][0]], read, status, sure))  # fmt: skip
        for turn in range(2):
            helped = turn == 0 and number % 4 != 0
            text = read if helped and read else vin
            seconds = float(rng.lognormal(1.2 if helped and text == read else 2.4, 0.5))
            events.append((f"u{number}-{turn}", number, turn * (ann + 1), ann, at + 3600, round(seconds, 1),
                           len(said) if helped else None, text))  # fmt: skip
    with store.writing() as db:
        db.conn.executemany(
            "INSERT INTO photos (id, sha256, width, height, bytes, format, name, origin, added, state, vin, "
            "wmi, kind, tags, changed, dice, side, models, read, status, confidence) "
            f"VALUES ({', '.join('?' * 21)})",
            rows,
        )
        db.conn.executemany(
            "INSERT INTO predictions (photo, models, vin, status, confidence, disagreement, reading, "
            f"milliseconds, at) VALUES ({', '.join('?' * 9)})",
            said,
        )
        # The trigger works out where label and reading differ, as it does for photos that come one by one.
        db.execute("UPDATE photos SET prediction = (SELECT MAX(id) FROM predictions WHERE photo = photos.id)")
        db.conn.executemany(
            "INSERT INTO events (uid, photo, track, person, at, seconds, prediction, text, action, role, "
            "state, content, quads, characters, kind, tags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'label', "
            "'labeller', 'labelled', 1, '[]', '[]', '', '[]')",
            events,
        )
        networks = dict(part.split("=") for part in CHAMPIONS[1].split())
        db.execute(
            "INSERT INTO champions (action, release, networks, before, person, grounds, at) "
            "VALUES ('promote', 'ctc-77d41e09', ?, 'shipped', ?, '{}', ?)",
            [json.dumps(networks), ann, min(promoted, now)],
        )


def reading_of(
    rng: np.random.Generator, vin: str, kind: str, tags: tuple[str, ...], champion: int
) -> tuple[str | None, float, str]:
    """What a reader might say: ``(vin or None, probability, status)``; it says a little too much."""
    hard = 0.05 + 0.08 * (kind == "stamped") + 0.05 * len(tags) - 0.04 * champion
    true = float(np.clip(1 - rng.gamma(1.2, hard), 0.02, 0.9995))
    if rng.random() < 0.02:
        return None, 0.0, "no_vin"
    read = vin
    if rng.random() > true:
        for slot in rng.choice(17, int(rng.integers(1, 3)), replace=False):
            others = sorted(confusable_with(read[slot])) or ["8"]
            read = read[:slot] + others[int(rng.integers(len(others)))] + read[slot + 1 :]
    sure = float(np.clip(true + 0.01, 0, 0.9999))
    return read, round(sure, 4), "accepted" if sure > 0.97 else "review"


def record(rng: np.random.Generator, read: str | None, sure: float) -> str:
    """A reading's own record, as large as real ones are."""
    times = {stage: round(float(spent * rng.lognormal(0, 0.4)), 1) for stage, spent in STAGES.items()}
    characters = [
        {"alternatives": [["B", 0.01], ["8", 0.005], ["3", 0.001]], "box": [round(k / 17, 4), 0.1, 0.05, 0.8],
         "character": letter, "confidence": sure}
        for k, letter in enumerate(read or "")
    ]  # fmt: skip
    told = {"characters": characters, "confidence": sure, "quads": [[[10.0, 12.0]] * 4], "vin": read,
            "milliseconds": {**times, "total": round(sum(times.values()), 1)}}  # fmt: skip
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def in_store(store: Store, person: int, repeats: int) -> None:
    there = gather(store, person)
    cases = counted(there.cases, Wanted())
    stages, labels = stage_times(store, person, Range()), label_times(store, person, Range())
    asked: dict[str, Callable[[], object]] = {
        "all there is, out of the store": lambda: gather(store, person),
        "accuracy": lambda: [over_time(part, step_of(part)) for part in
                             by_champion(there.cases, Wanted()).values()],
        "groups": lambda: [groups(cases, by) for by in GROUPS],
        "confusions": lambda: confusions(cases),
        "certainty": lambda: (calibration(cases), risk_coverage(cases)),
        "times by stage, out of the store": lambda: stage_times(store, person, Range()),
        "times of labels, out of the store": lambda: label_times(store, person, Range()),
        "speed": lambda: (latencies(stages), paces(labels), paces_over_time(labels)),
    }  # fmt: skip
    for name, ask in asked.items():
        tell(name, [measured(ask) for _ in range(repeats)], VIEW)


def in_apptest(store: Store, photos: int, repeats: int) -> None:
    os.environ["VIN_DESK_DB"], os.environ["VIN_DESK_HOME"] = str(store.path), str(store.home)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params["as"] = "Ada"
    at.run()
    spans = [measured(lambda: at.switch_page("pages/measure.py").run())]
    tell("AppTest: the desk, first look", spans, VIEW)
    assert not at.exception, at.exception
    if not photos:
        return
    for view in VIEWS:
        spans = []
        for _ in range(repeats):
            # From another view, so that it has to be made anew.
            at.segmented_control(key="measure_view").set_value("speed" if view != "speed" else "groups").run()
            spans.append(measured(lambda v=view: at.segmented_control(key="measure_view").set_value(v).run()))
            assert not at.exception, at.exception
        tell(f"AppTest: {view}", spans, VIEW)


def in_browser(store: Store, photos: int, repeats: int, screenshots: Path | None) -> None:
    spans: dict[str, list[tuple[float, float]]] = {}
    with served(store) as url, sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)

        def act(name: str, click: Callable[[], object], ready: str) -> None:
            begun, computed = time.perf_counter(), computed_below()
            click()
            page.locator(ready).first.wait_for()
            spans.setdefault(name, []).append(
                (time.perf_counter() - begun, computed_below() - computed)
            )  # fmt: skip
            page.wait_for_timeout(1200)  # what is drawn below it is not to be counted with the next

        page.goto(f"{url}/label?as=Ada")  # signs in; the first look at this desk is to be one
        measure = page.get_by_role("link", name="Measure").first
        measure.wait_for()
        page.locator(".st-key-signed_in_bar").wait_for()
        page.wait_for_timeout(2000)
        ready = "[data-testid=measure-tiles]" if photos else "h3:has-text('No photos yet')"
        if not photos:  # an empty Label desk shows the same hint: leave it first
            page.get_by_role("link", name="Read").first.click()
            page.get_by_test_id("stFileUploader").first.wait_for()
        act("the desk, first look", measure.click, ready)
        for _ in range(repeats if photos else 0):
            once(page, act)
            if screenshots and "taken" not in spans:
                take(page, screenshots)
                spans["taken"] = []
        browser.close()
    spans.pop("taken", None)
    for name, found in spans.items():
        tell(f"in the browser: {name}", found, VIEW)


def once(page: Page, act: Callable[[str, Callable[[], object], str], None]) -> None:
    """Through every view, a filter and the slider, and back to where it began."""
    for view in (*list(VIEWS)[1:], "accuracy"):
        name, ready = VIEWS[view]
        act(view, turn(page, name), ready)
    slider = page.get_by_role("slider").first
    act("certainty", turn(page, "Certainty"), "[data-testid=measure-says]")
    before = page.get_by_test_id("measure-says").inner_text()
    # Steps of the slider, then the sentence that is another.
    key = "ArrowLeft" if "99.5 %" in before else "ArrowRight"
    slider.focus()
    wanted = "99.4 %" if key == "ArrowLeft" else "99.5 %"
    act("a step of the slider", lambda: slider.press(key), f"[data-testid=measure-says]:has-text('{wanted}')")
    act("accuracy", turn(page, "Accuracy"), VIEWS["accuracy"][1])


def turn(page: Page, name: str) -> Callable[[], object]:
    return lambda: page.locator(".st-key-measure_view").get_by_text(name, exact=True).click()


def take(page: Page, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for view, (name, ready) in VIEWS.items():
        turn(page, name)()
        page.locator(ready).first.wait_for()
        page.wait_for_timeout(2500)
        page.screenshot(path=folder / f"measure-{view}.png")
    turn(page, "Accuracy")()
    page.locator(VIEWS["accuracy"][1]).first.wait_for()


if __name__ == "__main__":
    main()

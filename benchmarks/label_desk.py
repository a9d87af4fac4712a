"""How fast the Label desk is: `python benchmarks/label_desk.py [LABELS.csv] [--count 56] [--pause 0]`.

A scripted labeller in Chromium corrects photo after photo with nothing but key presses, knowing the truth.
Without a labels file (columns ``photo`` and ``vin``, photos beside it) it draws synthetic scenes. Told are,
as medians: from Enter to the next photo ready for typing, in the browser; the machine's time per photo, from
ready to ready, with 1.5 s and 0.5 s per corrected character allowed; key presses per photo.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import _free_port, launched

from core.images import encode_jpeg
from core.reader import VinReader
from core.store import Store
from core.store.batch import read_waiting
from core.store.people import add_person
from core.store.photos import Incoming, add_photo, photo
from core.synth.scenes import SceneConfig, synthetic_scene

ROOT = Path(__file__).resolve().parent.parent
ALLOWED, PER_CHARACTER = 1.5, 0.5
"""Seconds of machine time per photo, and per corrected character."""

# The next photo is ready when it is the one on show, its picture is decoded and drawn, and keys go to it.
WATCH = """(editor) => {
  window.waits = [];
  let start = 0, before = "";
  editor.querySelector(".keys").addEventListener("keydown", (event) => {
    if (event.key === "Enter") [start, before] = [performance.now(), editor.dataset.photo];
  }, { capture: true });
  new MutationObserver(async () => {
    if (!start || editor.dataset.state !== "ready" || editor.dataset.photo === before) return;
    const begun = start;
    start = 0;
    const picture = new Image();
    picture.src = editor.querySelector(".strip image").getAttribute("href");
    await picture.decode();
    requestAnimationFrame(() => setTimeout(() => {
      const typing = editor.getRootNode().activeElement === editor.querySelector(".keys");
      window.waits.push(typing ? performance.now() - begun : Infinity);
    }));
  }).observe(editor, { attributes: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", nargs="?", type=Path, help="real photos with their VINs")
    parser.add_argument("--count", type=int, default=56)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that the labeller looks at a photo")
    parser.add_argument("--log", type=Path, help="CSV with a line per photo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "labels.db", Path(folder) / "home")
        add_person(store, "Script", ["labeller"])
        truth = fill(store, options.labels, options.count)
        with served(store) as url, sync_playwright() as playwright:
            browser = launched(playwright)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(f"{url}/label?as=Script")
            rows = label(page, truth, options.pause)
            time.sleep(2)
            browser.close()
        right = sum(photo(store, int(row["photo"])).vin == truth[int(row["photo"])] for row in rows)
    tell(rows)
    print(f"right in labels.db          {right} of {len(rows)}")
    if options.log:
        with options.log.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def fill(store: Store, labels: Path | None, count: int) -> dict[int, str]:
    """Photos into the store, read by the champion; id -> VIN."""
    truth = {}
    if labels:
        with labels.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["vin"] and "?" not in row["vin"]][:count]
        for row in rows:
            data = (labels.parent / row["photo"]).read_bytes()
            truth[add_photo(store, Incoming(data, Path(row["photo"]).name, "benchmark"))] = row["vin"]
    else:
        for seed in range(count):
            scene = synthetic_scene(np.random.default_rng(seed), SceneConfig(side=1024, empty=0.0))
            data = encode_jpeg(scene.pixels)
            truth[add_photo(store, Incoming(data, f"{seed}.jpg", "benchmark"))] = scene.text
    reader = VinReader.load()
    for _ in read_waiting(store, reader.read, reader.models):
        pass
    return truth


@contextmanager
def served(store: Store) -> Iterator[str]:
    """The app on a free port of this machine."""
    port = str(_free_port())
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1"),
            *("--server.port", port, "--server.headless", "true", "--server.fileWatcherType", "none"),
            *("--browser.gatherUsageStats", "false"),
        ],
        cwd=ROOT,
        env={**os.environ, "VIN_DESK_DB": str(store.path), "VIN_DESK_HOME": str(store.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(4)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def label(page: Page, truth: dict[int, str], pause: float) -> list[dict[str, float]]:
    """All photos, one after the other; a row for each."""
    editor = page.get_by_test_id("strip-editor")
    page.wait_for_selector("[data-testid=strip-editor][data-state=ready]", timeout=60_000)
    editor.evaluate(WATCH)
    time.sleep(1)
    rows: list[dict[str, float]] = []
    for done in range(len(truth) - 1):  # after the last one there is no next
        time.sleep(pause)
        start = time.perf_counter()
        key = int(editor.get_attribute("data-photo") or 0)
        corrected, keys = correct(page, editor, truth[key])
        page.keyboard.press("Enter")
        page.wait_for_function(f"window.waits.length > {done}", timeout=20_000)
        seconds = time.perf_counter() - start
        wait = page.evaluate("window.waits.at(-1)")
        rows.append({"photo": key, "corrected": corrected, "keys": keys + 1, "wait_ms": wait, "s": seconds})
    return rows


def correct(page: Page, editor: Locator, vin: str) -> tuple[int, int]:
    """Go to every wrong character and type the right one; how many were wrong, and key presses."""
    said = [one.strip("·") for one in editor.locator(".cell .character").all_text_contents()]
    if len(said) != len(vin):
        raise SystemExit(f"{len(said)} slots on the desk; the script only corrects characters")
    at = int(editor.locator(".cell.active").get_attribute("data-at") or 0)
    wrong = [place for place, (one, other) in enumerate(zip(said, vin, strict=True)) if one != other]
    keys = 0
    for place in wrong:
        step = "ArrowRight" if place > at else "ArrowLeft"
        for _ in range(abs(place - at)):
            page.keyboard.press(step)
        page.keyboard.press(vin[place].lower())
        keys += abs(place - at) + 1
        at = min(place + 1, len(vin) - 1)
    return len(wrong), keys


def tell(rows: list[dict[str, float]]) -> None:
    waits = sorted(row["wait_ms"] for row in rows)
    over = [row["s"] - ALLOWED - PER_CHARACTER * row["corrected"] for row in rows]
    print(f"photos                      {len(rows)}")
    print(
        f"Enter to next photo ready   median {statistics.median(waits):.0f} ms, 90 % within "
        f"{waits[int(0.9 * (len(waits) - 1))]:.0f} ms, longest {waits[-1]:.0f} ms"
    )
    print(
        f"machine time per photo      median {statistics.median(row['s'] for row in rows):.2f} s; "
        f"within the allowance {sum(one <= 0 for one in over)} of {len(over)}, "
        f"median {statistics.median(over):+.2f} s against it"
    )
    print(
        f"corrected characters        {sum(row['corrected'] for row in rows):.0f} in "
        f"{sum(row['corrected'] > 0 for row in rows)} photos; key presses per photo: median "
        f"{statistics.median(row['keys'] for row in rows):.0f}"
    )


if __name__ == "__main__":
    main()

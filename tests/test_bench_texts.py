"""How the benchmark judges texts, its partial results and its table, on values worked out by hand."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.peers import machine
from benchmarks.peers.report import Bench, page
from benchmarks.peers.rows import Row, append, load, mark_of
from benchmarks.peers.systems import Setup
from benchmarks.peers.texts import Text, contains, joined, nearest_piece, normalised, oracle_cer
from core.learn.crops import LabelledPhoto

VIN = "1M8GDM9AXKP042788"


def test_blanks_case_and_look_alikes_do_not_count() -> None:
    assert normalised("*iM8GDM9AXKP o42-788*") == VIN
    assert contains(VIN, [Text("VIN: 1m8gdm9axkpO42788 *")])
    assert not contains(VIN, [Text("1M8GDM9AXKP04278")])


def test_a_vin_torn_into_pieces_is_put_together() -> None:
    right = Text("042788", (60, 11, 90, 21))
    left = Text("1M8GDM9AXKP", (10, 10, 58, 20))
    other = Text("MADE IN", (10, 40, 58, 50))
    assert contains(VIN, [other, right, left])
    assert not contains(VIN, [right, Text("1M8GDM9AXKP", (10, 30, 58, 40))])  # the rows read the other way
    two_rows = [Text("1M8GDM9AX", (10, 10, 50, 20)), Text("KP042788", (10, 30, 50, 40))]
    assert contains(VIN, two_rows)
    assert joined([]) == []


@pytest.mark.parametrize(
    ("text", "distance"),
    [("ABC", 0), ("xxABCxx", 0), ("xxABxx", 1), ("xxAxBCxx", 1), ("", 3), ("xyz", 3), ("AxC", 1)],
)
def test_nearest_piece(text: str, distance: int) -> None:
    assert nearest_piece("ABC", text) == distance


def test_oracle_cer_takes_the_best_text_and_never_passes_one() -> None:
    assert oracle_cer(VIN, [Text("ZZZ"), Text("xx" + VIN[:16])]) == pytest.approx(1 / 17)
    assert oracle_cer(VIN, []) == 1.0
    assert oracle_cer(VIN, [Text("-")]) == 1.0


def row(system: str, *texts: str, ms: float = 10.0) -> Row:
    found = tuple(Text(text, (0, 10 * k, 9, 10 * k + 9)) for k, text in enumerate(texts))
    return Row("dev whole", system, "0", "dev/0.jpg", found, ms, 2**20, 1)


def test_rows_survive_a_run_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "rows.jsonl"
    first, second = row("RapidOCR", VIN, "x"), row("VIN Desk", VIN)
    append(path, [first, second])
    path.write_text(path.read_text()[:-20])
    assert load(path) == [first]
    assert load(tmp_path / "none.jsonl") == []


def test_another_setup_or_version_is_another_system() -> None:
    marks = {mark_of({"version": v}, Setup(zoom=z)) for v in ("1", "2") for z in (1.0, 2.0)}
    assert len(marks) == 4


def test_the_page_counts_each_system_by_its_own_rule() -> None:
    label = LabelledPhoto(Path("photos/dev/0.jpg"), "", None, VIN, "twice", frozenset())
    bench = Bench("a machine", labels={"dev whole": [label]})
    bench.rows["dev whole", "VIN Desk"] = {"dev/0.jpg": row("VIN Desk", f"X{VIN}")}
    bench.rows["dev whole", "RapidOCR"] = {"dev/0.jpg": row("RapidOCR", "VIN", f"X{VIN}", ms=55.0)}
    bench.missing["Tesseract"] = "No module named 'tesserocr'"
    lines = page(bench).splitlines()
    ours = next(line for line in lines if line.startswith("| VIN Desk"))
    theirs = next(line for line in lines if line.startswith("| RapidOCR"))
    assert "**0.0 %** (0)" in ours and "| 10 |" in ours and "5.9 %" in ours
    assert "**100.0 %** (1)" in theirs and "| 55 |" in theirs and "| 5.5 |" in theirs
    assert any("Tesseract | could not be had: No module named 'tesserocr'" in line for line in lines)


def test_nobody_is_measured_while_another_still_works() -> None:
    busy = subprocess.Popen(
        [sys.executable, "-c", "import time\nend = time.time() + 1\nwhile time.time() < end: pass"]
    )
    time.sleep(0.3)
    begun = time.monotonic()
    machine.settle([busy.pid])
    waited = time.monotonic() - begun
    busy.wait()
    assert 0.3 < waited < machine.PATIENCE + 0.5
    begun = time.monotonic()
    machine.settle([busy.pid])
    assert time.monotonic() - begun < 0.3

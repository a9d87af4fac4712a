"""Champions: promotion in one step, whatever breaks off; damaged candidates stay out; roll-back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

from core import champions
from core.cli import main
from core.registry import CHAMPION, ModelError, champion_folder, load, load_card, write_card


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """The shipped CTC reader with one weight changed."""
    return made(tmp_path / "candidate", 1)


def made(folder: Path, seed: int) -> Path:
    folder.mkdir()
    model = onnx.load(CHAMPION / "ctc.onnx")
    weights = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    numbers = numpy_helper.to_array(weights).copy()
    numbers.ravel()[0] += 0.25 * seed
    weights.CopyFrom(numpy_helper.from_array(numbers, weights.name))
    onnx.save(model, folder / "ctc.onnx")
    shutil.copy(CHAMPION / "ctc.safetensors", folder)
    hashes = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("ctc.onnx", "ctc.safetensors")
    }
    write_card(replace(load_card("ctc", CHAMPION), sha256=hashes), folder)
    return folder


def promote(candidate: Path) -> champions.Release:
    return champions.promote(candidate, champions.champion().networks, {"run": 7})


def test_the_shipped_networks_serve_at_first(home: Path) -> None:
    assert champion_folder() == home
    assert champions.champion().name == champions.SHIPPED
    with pytest.raises(ModelError, match="nothing before"):
        champions.roll_back()


def test_a_promotion_and_two_ways_back(home: Path, candidate: Path, tmp_path: Path) -> None:
    shipped = champions.champion()
    first = promote(candidate)
    assert champion_folder() == home / "releases" / first.name
    assert (first.before, first.changed, first.note) == ("shipped", ("ctc",), {"run": 7})
    assert load("ctc").card.fingerprint == first.networks["ctc"] != shipped.networks["ctc"]
    assert load("yolo").card.fingerprint == shipped.networks["yolo"]
    second = promote(made(tmp_path / "other", 2))
    assert [one.name for one in champions.releases()] == [second.name, first.name, "shipped"]
    assert champions.roll_back().name == first.name
    assert champions.roll_back().name == "shipped"
    assert champion_folder() == home
    assert load("ctc").card == load_card("ctc", home)
    assert champions.roll_back(second.name).networks == second.networks


@pytest.mark.parametrize("file", ["ctc.onnx", "ctc.safetensors"])
def test_a_candidate_of_another_hash_is_never_loaded(home: Path, candidate: Path, file: str) -> None:
    data = bytearray((candidate / file).read_bytes())
    data[len(data) // 2] ^= 1
    (candidate / file).write_bytes(bytes(data))
    before = champions.champion()
    with pytest.raises(ModelError, match="damaged or exchanged"):
        promote(candidate)
    assert champions.champion() == before
    assert champions.releases() == [before]
    assert list((home / "releases").iterdir()) == []


def test_a_candidate_that_cannot_run_stays_out(home: Path, candidate: Path) -> None:
    (candidate / "ctc.onnx").write_bytes(b"no network")
    card = load_card("ctc", candidate)
    hashes = card.sha256 | {"ctc.onnx": hashlib.sha256(b"no network").hexdigest()}
    write_card(replace(card, sha256=hashes), candidate)
    with pytest.raises(ModelError, match="cannot be run"):
        promote(candidate)
    assert champion_folder() == home


def test_a_card_that_names_files_elsewhere_is_refused(home: Path, candidate: Path) -> None:
    card = load_card("ctc", candidate)
    write_card(replace(card, sha256=card.sha256 | {"../../etc/passwd": "0"}), candidate)
    with pytest.raises(ModelError, match="outside its folder"):
        promote(candidate)


def test_another_champion_meanwhile_stops_the_promotion(home: Path, candidate: Path, tmp_path: Path) -> None:
    measured_against = champions.champion().networks
    promote(made(tmp_path / "faster", 2))
    with pytest.raises(ModelError, match="gate it again"):
        champions.promote(candidate, measured_against, {})
    with pytest.raises(ModelError, match="is the champion already"):
        promote(tmp_path / "faster")


@pytest.mark.parametrize("step", ["rename", "replace"])
def test_what_breaks_off_in_between_leaves_the_old_champion(
    home: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real = getattr(os, step)

    def broken(source: object, target: object) -> None:
        name = Path(str(target)).name
        if name == "current" or (step == "rename" and name.startswith("2")):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, step, broken)
    with pytest.raises(KeyboardInterrupt):
        promote(candidate)
    monkeypatch.undo()
    os.environ["VIN_DESK_MODELS"] = str(home)
    try:
        assert champion_folder() == home
        assert load("ctc").card == load_card("ctc", home)
        # Trying again does it.
        assert promote(candidate).changed == ("ctc",)
    finally:
        del os.environ["VIN_DESK_MODELS"]


def test_a_second_try_within_the_same_second_is_a_release_of_its_own(
    home: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def broken(source: object, target: object) -> None:
        if Path(str(target)).name == "current":
            raise KeyboardInterrupt
        real(source, target)

    now = champions.time.time_ns() // 10**9 * 10**9
    times = iter(range(now, now + 10**9, 10**6))
    monkeypatch.setattr(champions.time, "time_ns", lambda: next(times))
    with monkeypatch.context() as breaking:
        breaking.setattr(os, "replace", broken)
        with pytest.raises(KeyboardInterrupt):
            promote(candidate)
    assert promote(candidate).changed == ("ctc",)


def test_a_full_disk_is_told_and_changes_nothing(
    home: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match="champion stays"):
        promote(candidate)
    assert champion_folder() == home


def test_a_damaged_or_lost_champion_can_be_rolled_back(home: Path, candidate: Path) -> None:
    first = promote(candidate)
    path = home / "releases" / first.name / "ctc.onnx"
    path.write_bytes(b"scratched")
    with pytest.raises(ModelError, match="rollback"):
        load("ctc")
    assert champions.roll_back().name == "shipped"
    shutil.rmtree(home / "releases" / first.name)
    (home / "current").write_text(first.name)
    with pytest.raises(ModelError, match="is not there"):
        champion_folder()
    assert champions.roll_back().name == "shipped"
    assert load("ctc")


@pytest.mark.parametrize("note", [b'{"name": "2', b"\xff\xfe", b"[]", b"{}"])
def test_a_damaged_note_hides_no_other_release(
    home: Path,
    candidate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    note: bytes,
) -> None:
    monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "labels.db"))
    monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "home"))
    first = promote(candidate)
    second = promote(made(tmp_path / "other", 2))
    (home / "releases" / second.name / "release.json").write_bytes(note)
    assert load("ctc")
    assert [one.name for one in champions.releases()] == [first.name, "shipped"]
    assert main(["models", "list"]) == 0
    told = capsys.readouterr().out
    assert f"* {second.name}  the note of" in told and f"  {first.name}" in told
    assert champions.roll_back().name == first.name


def test_a_roll_back_from_a_lost_champion_never_goes_to_a_newer_one(
    home: Path, candidate: Path, tmp_path: Path
) -> None:
    first = promote(candidate)
    promote(made(tmp_path / "worse", 2))
    champions.roll_back()
    shutil.rmtree(home / "releases" / first.name)
    assert champions.roll_back().name == "shipped"


def test_nothing_is_before_shipped_networks_that_are_damaged(home: Path, candidate: Path) -> None:
    first = promote(candidate)
    champions.roll_back()
    (home / "ctc.json").write_text("{")
    assert [one.name for one in champions.releases()] == [first.name]
    with pytest.raises(ModelError, match="nothing before"):
        champions.roll_back()
    assert champions.roll_back(first.name) == first


@pytest.mark.parametrize("text", ["../../somewhere", "/tmp", ".hidden", ""])
def test_the_pointer_is_a_name_and_no_path(home: Path, text: str) -> None:
    (home / "current").write_text(text)
    with pytest.raises(ModelError, match="names no release"):
        champion_folder()


def test_the_note_of_a_release_is_plain_json(home: Path, candidate: Path) -> None:
    entry = promote(candidate)
    told = json.loads((home / "releases" / entry.name / "release.json").read_text())
    assert told["before"] == "shipped" and told["networks"] == entry.networks

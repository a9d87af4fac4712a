"""The Train desk without a browser: damaged candidates and releases leave the rest of it usable."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import champions
from core.cli import main
from core.jobs.promotion import promotable, roll_back
from core.learn.gate import GoldPhoto, Read, judge
from core.registry import ModelError, load_card, write_card
from core.store import Store
from core.store.jobs import Job, Owner, claim, end_job, job, put_job, sign
from core.store.ledger import change_champion
from core.store.people import Person, add_person
from core.store.rounds import Audit, Round
from pages.widgets.train import supply
from pages.widgets.train.rounds import _told

ROOT = Path(__file__).resolve().parents[1]
ME = Owner(4711, "boot:1")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "labels.db"))
    monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "home"))
    return Store.open()


@pytest.fixture
def eve(store: Store) -> Person:
    return add_person(store, "Eve", ["data scientist"])


@pytest.fixture
def passed(store: Store, eve: Person, home: Path) -> Job:
    """A training job whose candidate has passed the gate."""
    trained = done(store, eve, "train ctc")
    folder = Path(trained.folder) / "candidate"
    folder.mkdir(parents=True)
    for file in ("ctc.onnx", "ctc.safetensors", "ctc.json"):
        shutil.copy(home / file, folder)
    gated = done(store, eve, "gate", trained.id)
    networks = champions.champion().networks
    read = Read("1M8GDM9AXKP042788", 0.9, True, 20.0)
    verdict = judge([GoldPhoto(1, "1M8GDM9AXKP042788", "label", (), read, read)])
    verdict = replace(verdict, outcome="pass", reasons=("as good as the champion",))
    told = {
        "champion": networks, "candidate": networks, "left_out": 0, "changed": [],
        "cards": champions.cards(home),
    }  # fmt: skip
    Path(gated.folder).mkdir(parents=True, exist_ok=True)
    (Path(gated.folder) / "gate.json").write_text(json.dumps(told | {"verdict": verdict.to_json()}))
    return trained


def done(store: Store, eve: Person, kind: str, parent: int | None = None) -> Job:
    made = put_job(store, eve.id, kind, {}, parent=parent)
    assert claim(store) is not None
    sign(store, made.id, ME)
    end_job(store, made.id, ME, "done", "")
    return job(store, made.id)


def release(home: Path, name: str) -> Path:
    """The shipped networks once more, as a release that nobody has to promote."""
    folder = home / "releases" / name
    folder.mkdir(parents=True)
    for path in home.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    note = {
        "name": name,
        "before": "shipped",
        "at": 1.79e9,
        "networks": {"ctc": "1a2b3c4d"},
        "changed": ["ctc"],
    }
    (folder / "release.json").write_text(json.dumps(note))
    return folder


def opened() -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["as"] = "Eve"
    at.run()
    at.switch_page("pages/train.py").run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    return "\n".join(one.value for one in at.text)


def test_a_candidate_without_its_card_is_told_and_the_desk_works(store: Store, passed: Job) -> None:
    assert promotable(store, passed) == ""
    assert not opened().button(key="promote").disabled
    (Path(passed.folder) / "candidate" / "ctc.json").unlink()
    at = opened()
    assert "ctc.json is missing" in texts(at)
    assert at.button(key="promote").disabled
    assert not at.error
    assert at.button(key="freeze")


def test_a_champion_that_was_calibrated_since_is_another_opponent(
    store: Store, passed: Job, home: Path
) -> None:
    """The candidate brings its own settings along: the new calibration would be gone without a word."""
    assert promotable(store, passed) == ""
    card = load_card("ctc", home)
    write_card(replace(card, settings=card.settings | {"accept": 0.5}), home)
    assert "calibrated anew" in promotable(store, passed)


def test_so_it_is_from_the_command_line(
    store: Store, passed: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    (Path(passed.folder) / "candidate" / "ctc.json").write_text("{")
    assert main(["models", "list"]) == 0
    assert "is not a model card" in capsys.readouterr().out
    assert main(["models", "promote", str(passed.id), "--as", "Eve", "--yes"]) == 2
    assert "is not a model card" in capsys.readouterr().err


def test_an_old_release_that_is_damaged_hides_no_other(store: Store, eve: Person, home: Path) -> None:
    (release(home, "20260901-120000-000000-ctc-1a2b3c4d") / "yolo.json").unlink()
    at = opened()
    at.segmented_control(key="train_way").set_value("champions").run()
    assert not at.exception and not at.error
    assert "yolo.json is missing" in texts(at)
    assert len(at.expander) == 2
    assert len(at.dataframe) == 1


def test_a_champion_that_is_lost_can_be_rolled_back(store: Store, eve: Person, home: Path) -> None:
    folder = release(home, "20260901-120000-000000-ctc-1a2b3c4d")
    (home / "current").write_text(folder.name)
    assert opened().button(key="roll_back").label.endswith("the shipped one")
    (folder / "release.json").write_text("{")
    at = opened()
    assert "is damaged" in texts(at)
    at.button(key="roll_back").click().run()
    assert not at.exception and not at.error
    assert champions.champion().name == "shipped"


def test_the_way_back_from_a_lost_champion_leaves_out_what_was_rejected(
    store: Store, eve: Person, home: Path
) -> None:
    good, bad, last = (f"20260901-12000{k}-000000-ctc-1a2b3c4d" for k in range(3))
    release(home, good)
    release(home, bad)
    (home / "current").write_text(last)
    # Somebody went back from the bad one to the good one, and then promoted the last.
    change_champion(store, eve.id, "promote", lambda: (last, good, {}, {}))
    assert roll_back(store, eve.id).name == good


def test_what_else_fails_offers_no_second_way_back(
    store: Store, eve: Person, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: Store) -> None:
        raise ModelError("scratched")

    monkeypatch.setattr(supply, "show", broken)
    at = opened()
    assert "scratched" in texts(at)
    assert [one.key for one in at.button].count("roll_back") == 1


def test_large_rounds_are_told_with_separators() -> None:
    audit = Audit(40, 40, 40, 1360, 1358)
    one = Round(3, None, "ctc 1a2b3c4d", 13_379, 12_004, "accepted", 0.97, "audit passed", {}, audit, 1.8e9)
    assert "12,004 of 13,379 photos accepted" in _told(one) and "1,358 of 1,360 characters" in _told(one)

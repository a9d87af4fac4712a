"""What a run learns from beside the store, and how it ends; nothing is trained here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from test_learning_store import approved, frozen
from test_store_kit import VINS, Desk, picture, uid

from core.jobs import finetune as jobs
from core.jobs.finetune import FineTune, finetune, put_finetune
from core.jobs.progress import Progress
from core.jobs.replayed import barred_photos
from core.learn.craft.train import CraftTask, CraftTrainConfig
from core.learn.strips import StripSources, StripStream
from core.store.forget import forget
from core.store.jobs import Owner, put_job
from core.store.jobs import jobs as jobs_of
from core.store.people import add_person, retire
from core.store.photos import Incoming, add_photo, photo
from core.store.review import set_gold


@dataclass(frozen=True)
class Exported:
    """What a run asks of its candidate's card."""

    name: str
    fingerprint: str
    parameters: int
    sha256: dict[str, str]
    metrics: dict[str, float]


ROWS = (
    # use, VIN, seed of the picture; those up to 5 are in the store.
    ("labelled", VINS[6], 0),  # the file is gold
    ("labelled", VINS[0], 20),  # the car is
    ("labelled", "?" + VINS[1][1:], 21),  # fits a val car
    ("labelled", VINS[2], 2),
    ("labelled", VINS[3], 3),  # forgotten
    ("labelled", VINS[4], 24),
    ("val", VINS[0], 25),  # gold must not choose weights either
    ("val", VINS[1], 26),
    ("pool", "", 4),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Photo 0 is gold, photo 3 is forgotten, and one is val."""
    desk = Desk.open(tmp_path)
    approved(desk, 0, VINS[0])
    approved(desk, 5, VINS[5])
    set_gold(desk.store, desk.photos[0], desk.rev)
    forget(desk.store, desk.photos[3], desk.adm, "request", uid())
    desk.photos.append(add_photo(desk.store, Incoming(picture(30), "v.png", "test", side="val")))
    approved(desk, 6, VINS[1])
    return desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    lines = ["photo,use,left,top,width,height,vin,read"]
    for place, (use, vin, seed) in enumerate(ROWS):
        (folder / f"{place}.png").write_bytes(picture(seed))
        lines.append(f"{place}.png,{use},5,5,40,8,{vin},{'twice' if vin else ''}")
    lines.append(f"gone.png,labelled,5,5,40,8,{VINS[7]},twice")
    (folder / "train.csv").write_text("\n".join(lines) + "\n")
    quad = [[5, 5], [45, 5], [45, 13], [5, 13]]
    (folder / "quads.json").write_text(json.dumps({f"{k}.png": quad for k in range(len(ROWS))}))
    return folder


def sides(desk: Desk, *places: int) -> list[str | None]:
    return [photo(desk.store, desk.photos[place]).side for place in places]


def test_gold_val_and_forgotten_photos_of_a_folder_stay_out(desk: Desk, folder: Path) -> None:
    run = put_job(desk.store, desk.adm, "train ctc", {}).id
    quads = str(folder / "quads.json")
    barred = barred_photos(desk.store, folder, quads, "ctc", run)
    assert barred == ("0.png", "1.png", "2.png", "4.png", "6.png")
    sources = StripSources(photos=str(folder), quads=quads, barred=barred, doubtful=True)
    stream = StripStream(sources, 320, 32)
    assert sorted(crop.text for crop in stream.crops) == [VINS[2], VINS[4]]
    assert [one.vin for one in stream.val] == [VINS[1]]
    # What the store knows of the rest is told, and never becomes gold.
    assert desk.rows("taught") == 1
    assert sides(desk, 2, 4) == ["train", None]


def test_the_detector_learns_from_the_pool_too(desk: Desk, folder: Path) -> None:
    run = put_job(desk.store, desk.adm, "train craft", {}).id
    quads = str(folder / "quads.json")
    barred = barred_photos(desk.store, folder, quads, "craft", run)
    assert sides(desk, 2, 4) == ["train", "train"]
    task = CraftTask(CraftTrainConfig(str(folder), quads, barred=barred, start="scratch", side=160))
    assert sorted(one.path.name for one in task._real) == ["3.png", "5.png", "8.png"]
    assert [one.path.name for one in task._val] == ["7.png"]


class TestEnd:
    """A fine-tune without its training."""

    @pytest.fixture(autouse=True)
    def untrained(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        card = Exported("ctc", "1a2b", 1, {"ctc.onnx": "1a" * 32}, {"exact": 0.95, "n": 276.0})
        monkeypatch.setattr(jobs, "_task", lambda *given: seen.update(barred=given[-1]))
        monkeypatch.setattr("core.learn.loop.train", lambda *_given: None)
        monkeypatch.setattr(jobs, "_export", lambda *given: seen.update(material=given[3]) or card)
        monkeypatch.setattr(jobs, "note_model", lambda *_given: None)
        return seen

    def run(self, desk: Desk, leaves: bool = False, **wanted: Any) -> str:
        eve = add_person(desk.store, "Eve", ["data scientist"]).id
        made = put_finetune(desk.store, eve, FineTune(**wanted), frozen(desk))
        Path(made.folder).mkdir(parents=True)
        if leaves:
            retire(desk.store, eve)
        return finetune(desk.store, made, Progress(desk.store, made, Owner(1, "x")))

    def test_a_run_is_told_what_stays_out(self, desk: Desk, folder: Path, untrained: dict[str, Any]) -> None:
        self.run(desk, photos=str(folder), quads=str(folder / "quads.json"))
        assert untrained["barred"][0] == "0.png"
        assert untrained["material"].counts["barred"] == 5

    def test_the_gate_is_asked_by_whoever_asked_for_the_run(self, desk: Desk) -> None:
        assert self.run(desk).endswith("learnt from 1 photos")
        assert [job.kind for job in jobs_of(desk.store)] == ["gate", "train ctc"]

    def test_where_they_left_meanwhile_the_candidate_is_kept(self, desk: Desk) -> None:
        told = self.run(desk, leaves=True)
        assert told.startswith("candidate ctc 1a2b") and "ask it on the Train desk" in told
        assert [job.kind for job in jobs_of(desk.store)] == ["train ctc"]

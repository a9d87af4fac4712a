"""``python -m core store`` and ``predict``, and the batch behind it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from straw import StrawReader, plate
from test_store_kit import VINS, Desk, picture, reading

from core.cli import main
from core.geometry import Quad
from core.images import encode_png
from core.records import Reading
from core.store.annotations import save
from core.store.batch import read_waiting, take_in
from core.store.connect import Store
from core.store.content import Content, Draft
from core.store.people import add_person, find_person
from core.store.photos import Incoming, Wanted, add_photo, counts, find
from core.store.predictions import predictions_of
from core.store.queue import QueueConfig, next_photo, next_review

MODELS = {"ctc": "1a2b3c4d", "yolo": "5e6f7a8b"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "labels.db"))
    monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def labels(place: Path) -> Path:
    folder = place / "set"
    folder.mkdir()
    for seed in range(4):
        (folder / f"{seed}.png").write_bytes(picture(seed))
    path = folder / "train.csv"
    path.write_text(
        "photo,use,left,top,width,height,vin,read,tags\n"
        f"0.png,val,4,6,40,8,{VINS[0]},twice,label\n"
        f"1.png,labelled,4,6,40,8,{VINS[1]},twice,blur\n"
        f"2.png,labelled,4,6,40,8,{VINS[2]},doubtful,blur\n"
        "3.png,pool,4,6,40,8,,,\n"
    )
    return path


class TestStore:
    def test_import_queue_snapshot_export_backup_forget(
        self, place: Path, labels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["store", "import", str(labels)]) == 0
        assert "3  taken in with a label" in capsys.readouterr().out
        assert main(["store", "import", str(labels)]) == 0
        assert "4  known already" in capsys.readouterr().out
        store = Store.open()
        ann, rev = add_person(store, "Ann", ["labeller"]).id, add_person(store, "Rev", ["reviewer"]).id
        task = next_photo(store, ann, np.random.default_rng(0), QueueConfig())
        assert task is not None
        assert task.photo.name == "3.png"
        review = next_review(store, rev)
        assert review is not None
        assert review.photo.vin == VINS[2]

        assert main(["store", "snapshot", "first", "--val", "0", "--gold", "0"]) == 0
        assert '"train": 1, "val": 1' in capsys.readouterr().out
        assert main(["store", "snapshot", "--list"]) == 0
        assert (
            main(["store", "export", "csv", str(place / "out.csv"), "--snapshot", "first", "--photos"]) == 0
        )
        with (place / "out.csv").open() as file:
            assert {row["vin"]: row["use"] for row in csv.DictReader(file)} == {
                VINS[0]: "val",
                VINS[1]: "train",
            }
        assert main(["store", "export", "yolo-obb", str(place / "yolo"), "--all", "--photos"]) == 0
        assert len(list((place / "yolo").rglob("*.png"))) == 3
        assert main(["store", "backup", str(place / "copy.db")]) == 0
        (done,) = find(store, Wanted(vin=VINS[1]))
        assert main(["store", "forget", done.sha256, "--why", "mistake"]) == 0
        assert main(["store", "restore", str(place / "copy.db")]) == 0
        assert "1 photos were forgotten again" in capsys.readouterr().out
        assert main(["store", "status"]) == 0
        assert "1  forgotten" in capsys.readouterr().out
        assert main(["store", "check"]) == 0

    def test_people_and_signers(self, place: Path, labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["store", "person", "Eve", "--role", "labeller"]) == 0
        assert "Eve: labeller" in capsys.readouterr().out
        assert main(["store", "import", str(labels), "--as", "Eve"]) == 2
        assert "Eve may not import" in capsys.readouterr().err
        assert main(["store", "import", str(labels), "--as", "Nobody"]) == 2
        assert main(["store", "person", "Eve", "--role", "data scientist"]) == 0
        assert main(["store", "import", str(labels), "--as", "eve"]) == 0
        assert main(["store", "person", "Eve"]) == 0
        assert "Eve: data scientist" in capsys.readouterr().out
        assert main(["store", "person", "eve", "--leave"]) == 0
        assert "Eve: data scientist (left)" in capsys.readouterr().out
        assert main(["store", "person", "Eve"]) == 0
        assert "(left)" in capsys.readouterr().out
        assert main(["store", "person", "Nobody", "--leave"]) == 2
        assert main(["store", "person", "--leave"]) == 2

    @pytest.mark.parametrize(
        "arguments",
        [
            ["import", "nowhere.csv"],
            ["export", "voc", "out"],
            ["export", "csv", "out.csv", "--snapshot", "none"],
            ["forget"],
            ["forget", "abc"],
            ["forget", "99"],
            ["restore", "nowhere.db"],
            ["snapshot", "empty"],
            ["person", "Eve", "--role", "root"],
        ],
        ids=lambda arguments: " ".join(arguments[:2]),
    )
    def test_what_cannot_be_done_is_refused_in_one_line(
        self, place: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        monkeypatch.chdir(place)
        assert main(["store", *arguments]) == 2
        err = capsys.readouterr().err
        assert err.startswith("error: ")
        assert len(err.splitlines()) == 1

    def test_the_real_annotation_set(
        self, place: Path, photos_dir: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Some rows of it: all of it takes half a minute.
        with (photos_dir / "train.csv").open() as file:
            header, *rows = csv.reader(file)
        pool = [row for row in rows if row[1] == "pool"]
        rows = [header, *rows[:30], *pool[:30]]
        (place / "some" / "train").mkdir(parents=True)
        for row in rows[1:]:
            shutil.copy(photos_dir / row[0], place / "some" / row[0])
        with (place / "some" / "train.csv").open("w") as file:
            csv.writer(file).writerows(rows)
        assert main(["store", "import", str(place / "some" / "train.csv")]) == 0
        store = Store.open()
        assert sum(counts(store).values()) == 60
        twice = sum(row[7] == "twice" for row in rows)
        assert counts(store)["approved"] == twice
        person = add_person(store, "Ann", ["labeller"]).id
        task = next_photo(store, person, np.random.default_rng(0))
        assert task is not None
        assert task.photo.region


class TestPredict:
    @pytest.fixture
    def reader(self, straw: StrawReader, monkeypatch: pytest.MonkeyPatch) -> StrawReader:
        monkeypatch.setattr(StrawReader, "models", {"ctc": "1a2b3c4d"}, raising=False)
        return straw

    def test_a_folder_is_read_once_and_again_when_stale(
        self, place: Path, reader: StrawReader, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        folder = place / "photos"
        folder.mkdir()
        (folder / "a.png").write_bytes(encode_png(plate()))
        (folder / "b.png").write_bytes(picture(1))
        (folder / "bad.jpg").write_text("no photo")
        assert main(["predict", str(folder)]) == 1
        told = capsys.readouterr()
        assert "2 photos read" in told.out
        assert "bad.jpg" in told.err
        assert main(["predict"]) == 0
        assert "0 photos read" in capsys.readouterr().out
        monkeypatch.setattr(StrawReader, "models", {"ctc": "ffffffff"})
        assert main(["predict", "--stale"]) == 0
        assert "2 photos read" in capsys.readouterr().out
        assert {entry.status for entry in find(Store.open(), Wanted())} == {"accepted"}

    def test_no_such_folder_is_refused(self, place: Path, reader: StrawReader) -> None:
        assert main(["predict", str(place / "nowhere")]) in (1, 2)

    def test_a_region_from_the_import_is_handed_to_the_reader(
        self, place: Path, labels: Path, reader: StrawReader
    ) -> None:
        assert main(["store", "import", str(labels)]) == 0
        assert main(["predict"]) == 0
        regions = [region.bounds() for region in reader.regions if region is not None]
        assert (4, 6, 40, 8) in regions


class TestBatch:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Desk:
        return Desk.open(tmp_path, photos=8)

    def test_a_batch_that_is_stopped_goes_on_where_it_was(self, desk: Desk) -> None:
        calls = 0

        def stopping(data: bytes, region: Quad | None) -> Reading:
            nonlocal calls
            calls += 1
            if calls == 4:
                raise KeyboardInterrupt
            return reading()

        with pytest.raises(KeyboardInterrupt):
            list(read_waiting(desk.store, stopping, MODELS))
        assert desk.rows("predictions") == 3
        assert len(list(read_waiting(desk.store, stopping, MODELS))) == 5
        assert (calls, desk.rows("predictions")) == (9, 8)
        assert list(read_waiting(desk.store, stopping, MODELS)) == []

    def test_a_photo_that_breaks_the_reader_stops_nothing_and_is_not_tried_for_ever(self, desk: Desk) -> None:
        def breaking(data: bytes, region: Quad | None) -> Reading:
            if data == picture(2):
                raise RuntimeError("out of order")
            return reading()

        steps = list(read_waiting(desk.store, breaking, MODELS))
        assert [step.problem for step in steps if step.problem] == [
            "the photo could not be read (out of order)"
        ]
        assert list(read_waiting(desk.store, breaking, MODELS)) == []
        (entry,) = find(desk.store, Wanted(status="error"))
        assert predictions_of(desk.store, entry.id)[0].reading["error"] is not None

    def test_photos_that_are_away_stay_waiting(self, desk: Desk) -> None:
        """An unmounted share is no fault of the photos, and a promotion later is no time to find out."""
        away = desk.store.home / "away"
        (desk.store.home / "photos").rename(away)
        steps = list(read_waiting(desk.store, lambda data, region: reading(), MODELS))
        assert len(steps) == 8 and all("is not there" in step.problem for step in steps)
        assert desk.rows("predictions") == 0
        away.rename(desk.store.home / "photos")

        def starved(data: bytes, region: Quad | None) -> Reading:
            if data == picture(2):
                raise MemoryError
            return reading()

        steps = list(read_waiting(desk.store, starved, MODELS))
        assert [step.problem for step in steps if step.problem] == ["there was not enough memory to read it"]
        assert len(list(read_waiting(desk.store, lambda data, region: reading(), MODELS))) == 1

    def test_stale_readings_are_read_again_on_request_only(self, desk: Desk) -> None:
        list(read_waiting(desk.store, lambda data, region: reading(), MODELS))
        newer = {"ctc": "ffffffff", "yolo": "5e6f7a8b"}
        new = lambda data, region: Reading(  # noqa: E731
            vin=VINS[1], status="accepted", confidence=0.99, check_digit="valid", models=newer
        )
        assert list(read_waiting(desk.store, new, newer)) == []
        assert len(list(read_waiting(desk.store, new, newer, stale=True))) == 8
        assert list(read_waiting(desk.store, new, newer, stale=True)) == []
        assert [p.vin for p in predictions_of(desk.store, desk.photos[0])] == [VINS[1], VINS[0]]

    def test_people_go_on_labelling_while_a_batch_runs(self, desk: Desk) -> None:
        steps: Iterator = read_waiting(desk.store, lambda data, region: reading(), MODELS)
        rng = np.random.default_rng(0)
        labelled = 0
        for _ in steps:
            task = next_photo(desk.store, desk.ann, rng, QueueConfig(double=0, gold=0))
            if task is not None:
                save(desk.store, Draft(task.photo.id, desk.ann, task.base, Content(VINS[0])))
                labelled += 1
        assert labelled == 8

    def test_taking_in_again_adds_nothing(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(picture(100))
        paths = [str(tmp_path / "a.png"), str(tmp_path / "missing.png")]
        one, two = (list(take_in(desk.store, paths, "x")) for _ in range(2))
        assert one == two
        assert "does not exist" in one[1].problem
        assert desk.rows("photos") == 9


def test_the_same_bytes_twice_are_one_photo(tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, photos=1)
    assert add_photo(desk.store, Incoming(picture(0), "b.png", "x", kind="label")) == desk.photos[0]
    (entry,) = find(desk.store, Wanted())
    assert (entry.name, entry.kind) == ("0.png", "label")
    assert find_person(desk.store, "nobody") is None

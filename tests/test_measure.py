"""Readings against approved labels: which count, and figures on cases whose answer is known by hand."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import numpy as np
import pytest
from measure_kit import Bench
from test_store_kit import VINS

from core.interval import wilson
from core.measure.cases import Cases, Wanted, by_champion, counted, gather
from core.measure.certainty import as_served, calibration, operation, risk_coverage
from core.measure.confused import confusions
from core.measure.distance import distances
from core.measure.figures import figure, groups, over_time, step_of
from core.measure.pace import latencies, paces, paces_over_time
from core.store import NotAllowed, Store
from core.store.forget import forget
from core.store.measured import Range, label_times, measured, stage_times, stamp
from core.store.people import add_person

DAY = 86_400.0
NOON = datetime.datetime(2026, 9, 14, 12).timestamp()  # a Monday
OLD, NEW = "ctc=1a2b3c4d", "ctc=9f9f9f9f"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "labels.db", tmp_path / "home", lambda: NOON + 100 * DAY)


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


@pytest.fixture
def eve(store: Store) -> int:
    return add_person(store, "Eve", ["data scientist"]).id


def found(store: Store, eve: int, **wanted: object) -> Cases:
    return counted(gather(store, eve).cases, Wanted(**wanted))  # type: ignore[arg-type]


def slip(vin: str, *slots: int) -> str:
    """The same with other characters in some slots."""
    letters = list(vin)
    for slot in slots:
        letters[slot] = "9" if letters[slot] != "9" else "8"
    return "".join(letters)


class TestDistances:
    def test_are_those_of_the_plain_algorithm(self) -> None:
        from core.learn.score import levenshtein

        rng = np.random.default_rng(3)
        texts = ["".join(rng.choice(list("AB8"), size=int(rng.integers(0, 9)))) for _ in range(400)]
        truths, said = texts[:200], texts[200:]
        assert distances(truths, said).tolist() == [
            levenshtein(one, other) for one, other in zip(truths, said, strict=True)
        ]

    def test_of_nothing_and_of_different_lengths(self) -> None:
        assert distances([], []).tolist() == []
        assert distances(["", "AB"], ["", ""]).tolist() == [0, 2]
        with pytest.raises(ValueError, match="2 truths"):
            distances(["A", "B"], ["A"])


class TestWhichReadingCounts:
    def test_only_approved_labels_that_are_known_whole(self, store: Store, bench: Bench, eve: int) -> None:
        right = bench.photo(VINS[0])
        for key in (right, bench.photo(VINS[1], state="labelled"), bench.photo(VINS[2][:16] + "?")):
            bench.read(key, VINS[0])
        bench.photo(VINS[3])  # approved, but never read
        there = gather(store, eve)
        assert there.cases.photo.tolist() == [right]
        assert (there.photos, there.readings, there.approved) == (4, 3, 3)
        assert (there.gapped, there.unread) == (1, 1)

    def test_each_photo_once_with_its_very_first_reading(self, store: Store, bench: Bench, eve: int) -> None:
        one, other = bench.photo(VINS[0]), bench.photo(VINS[1])
        bench.read(one, slip(VINS[0], 4), at=NOON)
        bench.read(one, VINS[0], models=NEW, at=NOON + DAY)
        bench.read(other, VINS[1], models=NEW, at=NOON + DAY)
        everything = found(store, eve)
        assert everything.photo.tolist() == [one, other] and everything.right.tolist() == [False, True]
        # A later range does not make a later reading the first one.
        assert found(store, eve, since=NOON + DAY / 2).photo.tolist() == [other]
        assert found(store, eve, champion=OLD).right.tolist() == [False]
        assert found(store, eve, champion=NEW).right.tolist() == [True, True]
        parts = by_champion(gather(store, eve).cases, Wanted())
        assert {name: part.photo.tolist() for name, part in parts.items()} == {OLD: [one], NEW: [one, other]}
        assert found(store, eve, champion="ctc=none").photo.tolist() == []

    def test_filters(self, store: Store, bench: Bench, eve: int) -> None:
        plain = bench.photo(VINS[0], kind="label")
        gold = bench.photo(VINS[1], kind="stamped", gold=True)
        for key, at in ((plain, NOON), (gold, NOON + 2 * DAY)):
            bench.read(key, VINS[0], at=at)
        assert found(store, eve, photos="gold").photo.tolist() == [gold]
        assert found(store, eve, photos="plain").photo.tolist() == [plain]
        assert found(store, eve, kind="stamped").photo.tolist() == [gold]
        assert found(store, eve, kind="windshield").photo.tolist() == []
        assert found(store, eve, until=NOON + DAY).photo.tolist() == [plain]
        with pytest.raises(ValueError, match="no choice of photos"):
            found(store, eve, photos="some")

    def test_a_reading_after_its_label_taught_is_told_apart(
        self, store: Store, bench: Bench, eve: int
    ) -> None:
        early, late, never = (bench.photo(vin) for vin in VINS[:3])
        for key, at in ((early, NOON), (late, NOON + 2 * DAY), (never, NOON + 2 * DAY)):
            bench.read(key, VINS[0], at=at)
        with store.writing() as db:
            db.execute(
                "INSERT INTO snapshots (id, name, hash, left_hash, settings, counts, person, at) "
                "VALUES (1, 'one', 'h', 'l', '{}', '{}', ?, ?)",
                [eve, NOON + DAY],
            )
        for key, side in ((early, "train"), (late, "train"), (never, "val")):
            event = bench.label(key, VINS[0], 0.0)
            with store.writing() as db:
                db.execute(
                    "INSERT INTO snapshot_items (snapshot, photo, event, side, vin_group) "
                    "VALUES (1, ?, ?, ?, 'g')",
                    [key, event, side],
                )
        assert gather(store, eve).cases.taught.tolist() == [False, True, False]
        assert found(store, eve, photos="untaught").photo.tolist() == [early, never]

    def test_a_store_that_changed_says_so_and_shows_it(self, store: Store, bench: Bench, eve: int) -> None:
        key = bench.photo(VINS[0])
        bench.read(key, VINS[0])
        before = stamp(store)
        assert stamp(store) == before and figure(found(store, eve)).count == 1
        other = bench.photo(VINS[1])
        bench.read(other, VINS[0])
        assert stamp(store) != before and figure(found(store, eve)).count == 2
        admin = add_person(store, "Adm", ["admin"]).id
        forget(store, key, admin, "other", "gone")
        assert found(store, eve).photo.tolist() == [other]

    def test_who_may_not_measure_gets_nothing(self, store: Store) -> None:
        ann = add_person(store, "Ann", ["labeller"]).id
        for ask in (measured, gather):
            with pytest.raises(NotAllowed, match="may not measure"):
                ask(store, ann)
        for ask in (stage_times, label_times):
            with pytest.raises(NotAllowed, match="may not measure"):
                ask(store, ann, Range())
        for role in ("reviewer", "data scientist", "admin"):
            measured(store, add_person(store, role, [role]).id)


class TestFigures:
    def test_exact_match_and_cer(self, store: Store, bench: Bench, eve: int) -> None:
        for vin, read in (
            (VINS[0], VINS[0]),
            (VINS[1], slip(VINS[1], 3, 5)),  # two substitutions
            (VINS[2], VINS[2][1:] + "X"),  # moved by one: one deletion, one insertion
            (VINS[3], None),  # nothing read counts as all 17
        ):
            bench.read(bench.photo(vin), read, status="accepted" if read else "no_vin")
        one = figure(found(store, eve))
        assert (one.count, one.right, one.accepted, one.slipped) == (4, 1, 3, 2)
        assert one.share == 0.25 and one.cer == pytest.approx((0 + 2 + 2 + 17) / (4 * 17))
        assert one.few

    def test_wilson_by_hand(self, store: Store, bench: Bench, eve: int) -> None:
        # 8 of 10: (0.8 + 1.96²/20 ± 1.96 √(0.8·0.2/10 + 1.96²/400)) / (1 + 1.96²/10)
        for k in range(10):
            bench.read(bench.photo(VINS[0]), VINS[0] if k < 8 else None)
        low, high = figure(found(store, eve)).interval
        assert (low, high) == (pytest.approx(0.4902, abs=5e-4), pytest.approx(0.9433, abs=5e-4))

    def test_of_nothing(self, store: Store, eve: int) -> None:
        none = found(store, eve)
        one = figure(none)
        assert (one.count, one.share, one.cer, one.interval) == (0, None, None, (0.0, 1.0))
        assert all(groups(none, by) == [] for by in ("kind", "maker", "year", "trouble"))
        assert over_time(none, step_of(none)) == [] and risk_coverage(none) == []
        assert calibration(none).brier is None and operation(none, 0.5).coverage is None

    def test_groups(self, store: Store, bench: Bench, eve: int) -> None:
        bench.read(bench.photo(VINS[0], "label", ("blur", "glare")), VINS[0])
        bench.read(bench.photo(VINS[0], "label", ("glare",)), None)
        bench.read(bench.photo(VINS[1], "", ()), VINS[1])
        cases = found(store, eve)
        told = {by: [(one.name, one.count, one.right) for one in groups(cases, by)] for by in
                ("kind", "maker", "year", "trouble")}  # fmt: skip
        assert told["kind"] == [("label", 2, 1), ("not said", 1, 1)]
        assert [entry[1:] for entry in told["maker"]] == [(2, 1), (1, 1)]
        assert told["maker"][0][0].startswith("1M8") and told["maker"][1][0].startswith("XW8 ")
        assert told["year"] == [("1989", 2, 1), ("2010", 1, 1)]
        assert told["trouble"] == [("glare", 2, 1), ("blur", 1, 1), ("none", 1, 1)]
        assert groups(cases, "kind")[0].cer == pytest.approx(0.5)
        with pytest.raises(ValueError, match="no group"):
            groups(cases, "colour")

    def test_over_time(self, store: Store, bench: Bench, eve: int) -> None:
        for days, read in ((0, VINS[0]), (0.2, None), (3, VINS[0]), (8, VINS[0])):
            bench.read(bench.photo(VINS[0]), read, at=NOON + days * DAY)
        cases = found(store, eve)
        day = datetime.date(2026, 9, 14)
        assert step_of(cases) == "day"
        assert [(step.begin, step.figure.right, step.figure.count) for step in over_time(cases, "day")] == [
            (day, 1, 2),
            (day + datetime.timedelta(3), 1, 1),
            (day + datetime.timedelta(8), 1, 1),
        ]
        weeks = over_time(cases, "week")
        assert [(step.begin, step.figure.count) for step in weeks] == [
            (day, 3),
            (day + datetime.timedelta(7), 1),
        ]
        assert [step.begin for step in over_time(cases, "month")] == [datetime.date(2026, 9, 1)]


class TestConfusions:
    def test_photos_and_slots(self, store: Store, bench: Bench, eve: int) -> None:
        eights = "88888888888888888"
        one = bench.photo(eights)
        bench.read(one, "BB888888888888888")
        other = bench.photo(eights)
        bench.read(other, "8888888888888888B")
        bench.read(bench.photo(eights), eights)
        bench.read(bench.photo(eights), None)
        told = confusions(found(store, eve))
        assert told.cells == {("8", "B"): (one, other)} and told.slots == {("8", "B"): 3}
        assert (told.photos, told.silent, told.count) == (2, 1, 4)


class TestCertainty:
    def five(self, bench: Bench) -> None:
        for said, right in ((0.99, True), (0.95, True), (0.95, False), (0.6, True), (0.2, False)):
            key = bench.photo(VINS[0])
            status = "accepted" if said > 0.9 else "review"
            bench.read(key, VINS[0] if right else slip(VINS[0], 16), said, status)
        bench.read(bench.photo(VINS[0]), None, 0.0, "no_vin")

    def test_brier_and_nll_by_hand(self, store: Store, bench: Bench, eve: int) -> None:
        self.five(bench)
        one = calibration(found(store, eve), bins=1)
        assert one.count == 5  # a reading without a VIN has no probability to judge
        squares = 0.01**2 + 0.05**2 + 0.95**2 + 0.4**2 + 0.2**2
        assert one.brier == pytest.approx(squares / 5)
        logs = math.log(0.99) + math.log(0.95) + math.log(0.05) + math.log(0.6) + math.log(0.8)
        assert one.nll == pytest.approx(-logs / 5)
        (bin_,) = one.bins
        assert (bin_.said, bin_.share) == (pytest.approx(0.738), 0.6)
        assert one.gap == pytest.approx(0.138) and bin_.interval == wilson(3, 5)

    def test_a_sure_mistake_weighs_much_but_not_without_end(
        self, store: Store, bench: Bench, eve: int
    ) -> None:
        bench.read(bench.photo(VINS[0]), VINS[1], 1.0)
        assert calibration(found(store, eve)).nll == pytest.approx(-math.log(1e-6))

    def test_bins_are_of_nearly_one_size(self, store: Store, bench: Bench, eve: int) -> None:
        for k in range(25):
            bench.read(bench.photo(VINS[0]), VINS[0], k / 25)
        bins = calibration(found(store, eve)).bins
        assert sum(one.count for one in bins) == 25 and {one.count for one in bins} == {2, 3}
        assert [one.said for one in bins] == sorted(one.said for one in bins)

    def test_risk_and_coverage_by_hand(self, store: Store, bench: Bench, eve: int) -> None:
        self.five(bench)
        cases = found(store, eve)
        curve = [(one.threshold, one.accepted, one.wrong) for one in risk_coverage(cases)]
        assert curve == [(0.99, 1, 0), (0.95, 3, 1), (0.6, 4, 1), (0.2, 5, 2)]
        at = operation(cases, 0.95)
        assert at.coverage == 0.5 and at.risk == pytest.approx(1 / 3) and at.interval == wilson(1, 3)
        nothing = operation(cases, 0.999)
        assert (nothing.coverage, nothing.risk) == (0.0, None)
        served = as_served(cases)
        assert (served.threshold, served.accepted, served.wrong, served.count) == (0.95, 3, 1, 6)

    def test_a_long_curve_is_thinned_and_keeps_its_ends(self, store: Store, bench: Bench, eve: int) -> None:
        for k in range(40):
            bench.read(bench.photo(VINS[0]), VINS[0], k / 40)
        curve = risk_coverage(found(store, eve), points=7)
        assert len(curve) == 7 and (curve[0].accepted, curve[-1].accepted) == (1, 40)


class TestPace:
    def test_stages(self, store: Store, bench: Bench, eve: int) -> None:
        key = bench.photo(VINS[0], kind="label")
        for k in range(1, 22):
            bench.read(key, VINS[0], models=f"ctc={k}", at=NOON + k, stages={"total": 10.0 * k, "detect": k})
        bench.read(bench.photo(VINS[1], kind="stamped"), None, status="error", stages={"total": 9e9})
        detect, total = latencies(stage_times(store, eve, Range()))
        assert (detect.stage, detect.count, detect.median, detect.slow) == ("detect", 21, 11.0, 20.0)
        assert (total.stage, total.median, total.slow) == ("total", 110.0, 200.0)
        assert [one.count for one in latencies(stage_times(store, eve, Range(models="ctc=3")))] == [1, 1]
        newest = latencies(stage_times(store, eve, Range(), most=1))
        assert [one.median for one in newest] == [21.0, 210.0]
        assert latencies(stage_times(store, eve, Range(since=NOON + 22))) == []
        assert latencies(stage_times(store, eve, Range(kind="stamped"))) == []

    def test_labels_by_what_the_labeller_had(self, store: Store, bench: Bench, eve: int) -> None:
        key = bench.photo(VINS[0])
        read = bench.read(key, VINS[0])
        for seconds, text, prediction, track in (
            (2.0, VINS[0], read, 0),
            (4.0, VINS[0], read, 0),
            (9.0, slip(VINS[0], 2), read, 0),
            (20.0, VINS[0], None, 0),
            (15.0, VINS[0], read, 7),
            (0.0, VINS[0], None, 0),  # not timed
        ):
            bench.label(key, text, seconds, prediction, track, at=NOON)
        bench.label(key, VINS[0], 6.0, read, at=NOON + DAY)
        labels = label_times(store, eve, Range())
        assert [(one.help, one.count, one.median) for one in paces(labels)] == [
            *(("kept", 3, 4.0), ("corrected", 1, 9.0), ("none", 1, 20.0), ("blind", 1, 15.0)),
        ]
        step, told = paces_over_time(labels)
        assert step == "day"
        assert [(one.begin.day, one.median) for one in told if one.help == "kept"] == [(14, 3.0), (15, 6.0)]
        assert len(label_times(store, eve, Range(since=NOON + 1))) == 1
        assert len(label_times(store, eve, Range(), most=2)) == 2
        assert label_times(store, eve, Range(kind="stamped")) == []
        assert len(label_times(store, eve, Range(models=OLD))) == 5

    def test_a_label_beside_a_reading_without_a_vin_was_typed_from_nothing(
        self, store: Store, bench: Bench, eve: int
    ) -> None:
        key = bench.photo(VINS[0])
        bench.label(key, VINS[0], 20.0, bench.read(key, None, 0.0, "no_vin"))
        bench.label(key, VINS[1], 9.0, bench.read(key, VINS[0], models=NEW))
        assert sorted(one.help for one in label_times(store, eve, Range())) == ["corrected", "none"]

    def test_the_newest_are_taken_of_those_that_are_asked_for(
        self, store: Store, bench: Bench, eve: int
    ) -> None:
        old, new = bench.photo(VINS[0], kind="stamped"), bench.photo(VINS[1], kind="label")
        before, after = bench.read(old, VINS[0], models=OLD), bench.read(new, VINS[1], models=NEW)
        for k in range(4):
            bench.label(old, VINS[0], 1.0 + k, before, at=NOON + k)
            bench.label(new, VINS[1], 11.0 + k, after, at=NOON + DAY + k)
            bench.label(new, VINS[1], 50.0, after, at=NOON + 2 * DAY + k, action="reject")

        def spent(**wanted: str) -> list[float]:
            return [one.seconds for one in label_times(store, eve, Range(**wanted), most=3)]  # type: ignore[arg-type]

        assert spent(models=OLD) == spent(kind="stamped") == spent(models=OLD, kind="stamped") == [4, 3, 2]
        assert spent() == [14, 13, 12]

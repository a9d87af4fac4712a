"""The gate: what passes, what is refused, what is too little evidence; on constructed readings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np
import pytest
from learning_kit import approved_photo, filled

from core.cli.models import table
from core.jobs.finetune import CANDIDATE, FineTune, put_finetune
from core.jobs.gating import put_gate
from core.learn.gate import GoldPhoto, Read, by_car, changed, compare, judge
from core.learn.paired import tail
from core.store.connect import Store
from core.store.jobs import Owner, claim, end_job, sign
from core.store.learning import gold_photos
from core.store.people import add_person
from core.store.snapshots import SnapshotConfig, freeze

VIN = "1M8GDM9AXKP042788"
WRONG = "1M8GDM9AXKP042780"
ME = Owner(4711, "boot:1")


def read(right: bool, confidence: float = 0.9, milliseconds: float = 100.0, accepted: bool = True) -> Read:
    return Read(VIN if right else WRONG, confidence, accepted, milliseconds)


def gold(
    pairs: Sequence[tuple[bool, bool]], kind: str = "label", tags: tuple[str, ...] = ()
) -> list[GoldPhoto]:
    return [
        GoldPhoto(number, VIN, kind, tags, read(old), read(new)) for number, (old, new) in enumerate(pairs)
    ]


def mix(both: int = 0, gained: int = 0, lost: int = 0, neither: int = 0) -> list[tuple[bool, bool]]:
    return [
        *[(True, True)] * both, *[(False, True)] * gained, *[(True, False)] * lost,
        *[(False, False)] * neither,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "outcome", "why"),
    [
        ({"both": 40, "gained": 9}, "unsure", "at least 50"),
        ({"both": 45, "gained": 5}, "pass", "is better"),
        ({"both": 48, "gained": 2}, "pass", "not behind"),
        ({"both": 60}, "pass", "not behind"),
        ({"both": 50}, "unsure", "cannot be ruled out"),
        ({"both": 46, "gained": 3, "lost": 1}, "unsure", "cannot be ruled out"),
        ({"both": 190, "gained": 4, "lost": 6}, "refuse", "is behind"),
        ({"both": 45, "lost": 5}, "refuse", "is behind"),
        ({"both": 55, "gained": 10, "lost": 8}, "unsure", "cannot be ruled out"),
        ({"both": 940, "gained": 30, "lost": 30}, "pass", "not behind"),
    ],
)
def test_who_passes(counts: dict[str, int], outcome: str, why: str) -> None:
    verdict = judge(gold(mix(**counts)))
    assert verdict.outcome == outcome
    assert why in verdict.reasons[0]


def test_fifty_clean_corrections_pass_and_thirty_percent_wrong_ones_refuse() -> None:
    # Readings as fine-tunes leave them: the champion reads 80 %; clean labels mend a third of its errors and
    # spoil 1 %, labels of which 30 % are wrong mend a tenth and spoil 8 %.
    clean, spoilt = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before = rng.random(200) < 0.8
        after = np.where(before, rng.random(200) < 0.99, rng.random(200) < 0.33)
        worse = np.where(before, rng.random(200) < 0.92, rng.random(200) < 0.10)
        clean.append(judge(gold(list(zip(before, after, strict=True)))).outcome)
        spoilt.append(judge(gold(list(zip(before, worse, strict=True)))).outcome)
    assert clean.count("pass") == 20
    assert spoilt.count("refuse") >= 19 and "pass" not in spoilt


def test_a_kind_that_loses_stops_a_candidate_that_gains_overall() -> None:
    photos = gold(mix(both=150, gained=20)) + gold(mix(both=20, lost=6), kind="stamped")
    verdict = judge(photos)
    assert verdict.overall.difference > 0
    assert verdict.outcome == "refuse" and "kind stamped (0 gained, 6 lost)" in verdict.reasons[0]
    few = gold(mix(both=150, gained=20)) + gold(mix(both=12, lost=6), kind="stamped")
    assert judge(few).outcome == "pass"  # 18 photos are no stratum


def test_strata_are_kinds_makers_and_troubles() -> None:
    verdict = judge(gold(mix(both=60), tags=("glare",)))
    assert [one.name for one in verdict.strata] == ["kind label", "maker 1M8", "trouble glare"]


class TestPhotosOfOneCar:
    def test_are_one_piece_of_evidence(self) -> None:
        """Five more photos of one windshield read are no five cars."""
        photos = gold(mix(both=60)) + [replace(one, car="a") for one in gold(mix(gained=5))]
        verdict = judge(photos)
        assert (verdict.overall.count, verdict.overall.gained) == (61, 1)
        assert "is better" not in verdict.reasons[0] and "of 61 gold cars" in verdict.reasons[0]

    def test_do_not_make_up_for_too_few_cars(self) -> None:
        photos = [replace(one, car=f"car {k // 5}") for k, one in enumerate(gold(mix(both=60)))]
        verdict = judge(photos)
        assert verdict.outcome == "unsure" and "12 gold cars, at least 50" in verdict.reasons[0]

    @pytest.mark.parametrize(
        ("seen", "outcome"),
        [
            ({"both": 3}, (True, True)),
            ({"both": 2, "gained": 1}, (False, True)),
            ({"gained": 1, "lost": 2}, (True, False)),
            ({"gained": 1, "lost": 1}, (False, False)),
            ({"neither": 2}, (False, False)),
        ],
    )
    def test_go_well_together(self, seen: dict[str, int], outcome: tuple[bool, bool]) -> None:
        photos = [replace(one, car="a") for one in gold(mix(**seen))]
        assert by_car(photos, lambda photo: photo.right) == [outcome]


def test_the_tail_is_mcnemars_exact_test() -> None:
    assert tail(5, 5) == pytest.approx(1 / 32)
    assert tail(0, 0) == 1.0
    assert tail(8, 10) == pytest.approx(sum(comb(10, k) for k in (8, 9, 10)) / 1024)


def test_no_difference_on_few_photos_has_an_honest_interval() -> None:
    assert compare("all", gold(mix(both=20))).low < -0.05
    assert compare("all", gold(mix(both=2000))).low > -0.002
    assert compare("all", []).difference == 0


def test_calibration_and_latency_stand_beside_and_are_remarked() -> None:
    photos = [
        GoldPhoto(k, VIN, "label", (), read(k >= 5, 0.9, 100), read(True, 0.3, 200)) for k in range(100)
    ]
    verdict = judge(photos)
    assert verdict.outcome == "pass"
    assert verdict.champion is not None and verdict.candidate is not None
    assert verdict.candidate.calibration == pytest.approx(0.7)
    assert verdict.champion.brier == pytest.approx(0.95 * 0.01 + 0.05 * 0.81)
    assert (verdict.champion.precision, verdict.candidate.precision) == (0.95, 1.0)
    assert [remark.split(":")[0] for remark in verdict.remarks] == ["slower", "less well calibrated"]
    told = "\n".join(table(json.loads(json.dumps(verdict.to_json()))))
    assert "pass" in told and "gold photos" in told


def test_right_as_often_but_less_often_sure_of_it_is_refused() -> None:
    unsure = [
        GoldPhoto(k, VIN, "label", (), read(True), read(True, 0.6, accepted=k >= 8)) for k in range(100)
    ]
    verdict = judge(unsure)
    assert verdict.outcome == "refuse"
    assert "92 right readings are accepted, the champion's 100" in verdict.reasons[0]
    few = [replace(photo, candidate=read(True)) if photo.photo > 3 else photo for photo in unsure]
    assert judge(few).outcome == "pass"  # four of a hundred may be chance: p = 6 %
    better = gold(mix(gained=40))
    assert judge([*unsure, *better]).outcome == "pass"  # more are accepted than before, all in all
    worse = [replace(photo, candidate=read(True, accepted=False)) for photo in better]
    assert judge([*unsure, *worse]).outcome == "refuse"  # however many it reads
    other_way = [replace(photo, champion=photo.candidate, candidate=photo.champion) for photo in unsure]
    assert judge(other_way).outcome == "pass"


def test_more_accepted_errors_than_chance_makes_are_refused() -> None:
    old, new = read(False, accepted=False), read(False)
    fine = gold(mix(both=200))
    wrong = [GoldPhoto(900 + k, VIN, "label", (), old, new) for k in range(6)]
    verdict = judge([*fine, *wrong])
    assert verdict.outcome == "refuse"
    assert "it accepts 6 wrong readings, the champion 0" in verdict.reasons[0]
    assert judge([*fine, *wrong[:5]]).outcome == "pass"


def test_accepted_errors_are_remarked() -> None:
    old, new = read(False, accepted=False), read(False)
    photos = [*gold(mix(both=60)), GoldPhoto(99, VIN, "label", (), old, new)]
    assert "accepts more wrong readings: 1 instead of 0" in judge(photos).remarks


def test_changed_readings_come_losses_first() -> None:
    photos = gold([*mix(gained=1, both=1), *mix(lost=1)])
    assert [photo.right for photo in changed(photos)] == [(True, False), (False, True)]


def test_without_gold_there_is_no_verdict_but_a_reason() -> None:
    verdict = judge([])
    assert verdict.outcome == "unsure" and verdict.champion is None
    assert table(json.loads(json.dumps(verdict.to_json())))


def test_asked_again_the_gate_reads_the_newest_gold(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "labels.db", tmp_path / "home")
    frozen = filled(store, train=2, val=1, gold=1)
    eve = add_person(store, "Eve", ["data scientist"]).id
    trained = put_finetune(store, eve, FineTune(), frozen)
    claim(store)
    sign(store, trained.id, ME)
    (Path(trained.folder) / CANDIDATE).mkdir(parents=True)
    end_job(store, trained.id, ME, "done")
    approved_photo(store, 90, "gold")
    newer = freeze(store, eve, "more gold", SnapshotConfig(val=0, gold=0))
    asked = put_gate(store, eve, trained.id)
    assert (asked.snapshot, asked.parent) == (newer.id, trained.id)
    assert len(gold_photos(store, newer)[0]) == 2 and trained.snapshot == frozen.id

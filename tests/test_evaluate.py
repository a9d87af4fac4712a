"""Figures of an evaluation against values worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.geometry import Box, Quad
from core.interval import wilson
from core.learn.crops import LabelledPhoto, read_labels
from core.learn.evaluate import Latency, Pair, Proportion, evaluate, finds, measurable, slots_right
from core.learn.follow import follows
from core.learn.score import cer, levenshtein
from core.records import Candidate, Line, Reading

VIN = "1M8GDM9AXKP042788"
OTHER = "WVWZZZ1JZ3W386752"
BOX: Box = (100, 50, 80, 10)


def label(vin: str = VIN, read: str = "twice", tags: str = "", box: Box | None = BOX) -> LabelledPhoto:
    return LabelledPhoto(Path("a.jpg"), "val", box, vin, read, frozenset(tags.split()))


def reading(vin: str | None = VIN, status: str = "accepted", **more: Any) -> Reading:
    return Reading(vin=vin, status=status, confidence=0.9, check_digit="valid", **more)  # type: ignore[arg-type]


def at(*boxes: Box) -> Candidate:
    return Candidate(Line(tuple(Quad.from_box(box) for box in boxes), 1.0), (), {}, 0.0, "")


class TestScores:
    @pytest.mark.parametrize(
        ("hits", "count", "low", "high"),
        [
            # Newcombe 1998, table I, method 3 (Wilson's score without continuity correction).
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (29, 29, 0.8830, 1.0000),
        ],
    )
    def test_wilson(self, hits: int, count: int, low: float, high: float) -> None:
        assert wilson(hits, count) == pytest.approx((low, high), abs=1e-4)

    def test_wilson_of_nothing_says_nothing(self) -> None:
        assert wilson(0, 0) == (0.0, 1.0)

    @pytest.mark.parametrize(
        ("first", "second", "distance"),
        [("", "", 0), ("kitten", "sitting", 3), ("ABC", "", 3), ("ABC", "BCA", 2), ("AB", "BA", 2)],
    )
    def test_levenshtein(self, first: str, second: str, distance: int) -> None:
        assert levenshtein(first, second) == levenshtein(second, first) == distance

    def test_cer(self) -> None:
        assert cer(VIN, VIN) == 0.0
        assert cer(VIN, "X" + VIN[1:]) == pytest.approx(1 / 17)
        assert cer(VIN, VIN[1:]) == pytest.approx(1 / 17)
        assert cer(VIN, "") == 1.0
        assert cer("AB", "ABCDEF") == 2.0  # may exceed 1, as usual


class TestFinds:
    @pytest.mark.parametrize(
        ("centre", "found"),
        [
            ((140, 55), True),
            ((98, 55), True),  # the box reaches from 100 - 3 to 180 + 3
            ((96, 55), False),
            ((182, 62), True),
            ((140, 64), False),
            ((140, 46), False),
        ],
    )
    def test_the_centre_lies_in_the_widened_box(self, centre: tuple[float, float], found: bool) -> None:
        quad = (centre[0] - 30.0, centre[1] - 5.0, 60.0, 10.0)
        assert finds(BOX, reading(chosen=at(quad))) is found

    def test_two_rows_are_judged_by_their_common_middle(self) -> None:
        rows = at((100, 20, 80, 10), (100, 80, 80, 10))
        assert finds(BOX, reading(chosen=rows))

    def test_nothing_chosen_is_nothing_found(self) -> None:
        assert not finds(BOX, reading(None, "no_vin"))


class TestFollows:
    TRUE = Quad.from_line((200, 150), 160, 16, 0.2)

    @pytest.mark.parametrize(
        ("change", "good"),
        [
            ((0.0, 0.0, 0.0), True),
            ((0.1, 0.1, 0.0), True),
            ((0.2, 0.0, 0.0), False),  # runs on to the left
            ((0.0, -0.1, 0.0), False),  # the last characters are missing
            ((0.0, 0.0, 0.2), True),
            ((0.0, 0.0, 0.5), False),  # between two rows
        ],
    )
    def test_a_line_covers_the_text_and_little_else(
        self, change: tuple[float, float, float], good: bool
    ) -> None:
        left, right, down = change
        line = Line((self.TRUE.part(-left, 1 + right, down, 1 + down),), 1.0)
        assert follows(self.TRUE.bounds(), line) is good

    def test_a_line_across_the_text_is_none(self) -> None:
        across = Quad.from_line((200, 150), 160, 16, 1.2)
        assert not follows(self.TRUE.bounds(), Line((across,), 1.0))

    def test_evaluation_counts_them(self) -> None:
        assert evaluate(pairs()).line == Proportion(2, 4)
        assert evaluate(pairs(), given_box=True).line is None


def pairs() -> list[Pair]:
    times = [{"decode": 1.0, "total": 10.0}, {"decode": 3.0, "total": 20.0}, {"decode": 2.0, "total": 90.0}]
    one_off = "2" + VIN[1:]
    return [
        (
            label(tags="clear label"),
            reading(chosen=at(BOX), milliseconds=times[0], models={"ctc": "1a2b3c4d"}),
        ),
        (label(tags="blur label"), reading(one_off, chosen=at(BOX), milliseconds=times[1])),
        (label(tags="blur"), reading(VIN, "review", chosen=at((0, 0, 80, 10)), milliseconds=times[2])),
        (label(tags="clear"), reading(None, "error", error="it is empty")),
        (label("1M8GDM9AXKP0427??", "doubtful"), reading()),
        (label("", "doubtful"), reading(None, "no_vin")),
        (label("", "illegible"), reading(OTHER, "review")),
    ]


class TestEvaluate:
    def test_exact_match_cer_and_slots_count_photos_read_twice(self) -> None:
        figures = evaluate(pairs())
        assert figures.exact == Proportion(2, 4)
        assert figures.cer == pytest.approx((0 + 1 / 17 + 0 + 1) / 4)
        assert figures.slots == pytest.approx((17 + 16 + 17 + 0) / (4 * 17))

    def test_detection_counts_photos_with_a_box(self) -> None:
        assert evaluate(pairs()).detection == Proportion(2, 4)
        assert evaluate([*pairs(), (label(box=None), reading())]).detection == Proportion(2, 4)
        assert evaluate([(label(box=None), reading())]).detection is None
        assert evaluate(pairs(), given_box=True).detection is None

    def test_abstention(self) -> None:
        figures = evaluate(pairs())
        assert figures.statuses == {"accepted": 2, "error": 1, "review": 1}
        assert figures.precision == Proportion(1, 2)
        assert figures.coverage == Proportion(2, 4)
        assert figures.unreadable == {"doubtful": Proportion(1, 2), "illegible": Proportion(0, 1)}
        assert evaluate(pairs()[:4]).unreadable == {}

    def test_accepted_readings_may_decide_unknown_characters_but_not_deny_known_ones(self) -> None:
        open_slot = "?" + VIN[1:]
        fills, denies = reading("7" + VIN[1:]), reading("7" + VIN[1:-1] + "0")
        tried = [(label(open_slot, "doubtful"), one) for one in (fills, denies, reading(None, "no_vin"))]
        assert evaluate(tried).contradicted == {"doubtful": Proportion(1, 2)}
        assert evaluate(pairs()[:2]).contradicted == {}

    def test_exact_match_by_tag(self) -> None:
        assert evaluate(pairs()).by_tag == {
            "blur": Proportion(1, 2),
            "clear": Proportion(1, 2),
            "label": Proportion(1, 2),
        }

    def test_a_vin_is_right_where_all_its_photos_are(self) -> None:
        other = label(OTHER)
        assert evaluate([*pairs(), (other, reading(OTHER)), (other, reading(OTHER))]).by_vin == Proportion(
            1, 2
        )
        assert evaluate([(other, reading(OTHER))]).by_vin == Proportion(1, 1)

    def test_latency_leaves_errors_out(self) -> None:
        latency = evaluate(pairs()[:4]).latency
        assert list(latency) == ["decode", "total"]
        # 95th percentile of 10, 20, 90: 0.9 of the way from 20 to 90.
        assert latency["total"] == Latency(20.0, pytest.approx(83.0))
        assert latency["decode"] == Latency(2.0, pytest.approx(2.9))

    def test_models_and_wrong_ones_are_named(self) -> None:
        figures = evaluate(pairs())
        assert figures.models == {"ctc": "1a2b3c4d"}
        assert [(photo.truth, photo.vin, photo.status) for photo in figures.wrong] == [
            (VIN, "2" + VIN[1:], "accepted"),
            (VIN, None, "error"),
        ]
        assert figures.wrong[0].to_json()["tags"] == ["blur", "label"]
        assert figures.wrong[1].error == "it is empty"

    def test_json(self) -> None:
        entries = evaluate(pairs()).to_json()
        assert entries["exact"] == {"share": 0.5, "hits": 2, "n": 4, "interval": [0.15, 0.85]}
        assert entries["cer"] == 0.2647
        assert entries["accepted"]["precision"]["n"] == 2
        assert entries["unreadable_accepted"]["doubtful"]["hits"] == 1
        assert entries["milliseconds"]["total"] == {"median": 20.0, "p95": 83.0}

    def test_nothing_counted_gives_no_figures_and_no_division_by_zero(self) -> None:
        figures = evaluate([(label("", "illegible"), reading(None, "no_vin"))])
        assert figures.exact == Proportion(0, 0)
        assert figures.exact.share is None
        assert figures.cer is figures.slots is None
        assert figures.unreadable == {"illegible": Proportion(0, 1)}
        assert evaluate([]).to_json()["exact"]["interval"] == [0.0, 1.0]

    def test_a_short_reading_has_wrong_places(self) -> None:
        assert slots_right([(label(), reading(VIN[:10]))]) == pytest.approx(10 / 17)


def test_rows_that_were_not_transcribed_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(
        "photo,use,left,top,width,height,vin,read,tags\n"
        f'1.jpg,val,1,2,30,4,{VIN},twice,"clear,label"\n'
        "2.jpg,pool,1,2,30,4,,,\n"
        "3.jpg,labelled,1,2,30,4,,illegible,blur\n"
    )
    labels = measurable(read_labels(path))
    assert [entry.path.name for entry in labels] == ["1.jpg", "3.jpg"]
    assert labels[0].box == (1, 2, 30, 4)
    assert labels[0].tags == {"clear", "label"}


def test_a_file_without_the_column_read_counts_whole_and_its_kind_is_a_tag(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text(f"photo,vin,kind,check_digit\na.jpg,{VIN},door_label,pass\n")
    (entry,) = measurable(read_labels(path))
    assert entry.tags == {"door_label"}
    assert entry.box is None

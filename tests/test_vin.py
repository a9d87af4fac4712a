"""What core.vin promises: forgiving typists, an honest check digit, useful repairs."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core import vin

TEXTBOOK = "1M8GDM9AXKP042788"  # Wikipedia's example, check digit X
ONES = "1" * 17  # the standard's own test number
RUSSIAN_VW = "XW8ZZZ1KZAG501915"


def test_the_alphabet_is_digits_then_letters_without_i_o_q() -> None:
    assert len(vin.ALPHABET) == 33
    assert list(vin.ALPHABET) == sorted(set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - set("IOQ"))
    assert vin.LENGTH == 17


class TestNormalise:
    @pytest.mark.parametrize(
        "typed",
        [
            "xw8zzz1kzag501915",
            " XW8 ZZZ1KZ AG-501915\n",
            "*XW8ZZZ1KZAG501915*",
            "★XW8.ZZZ/1KZ_AG501915☆",
            "ＸＷ８ＺＺＺ１ＫＺＡＧ５０１９１５",
            "XW8ZZZIKZAG5O1915",
            "ХW8ZZZ1КZАG5О1915",  # Cyrillic Х, К, А, О
            "ΧW8ΖΖΖ1ΚΖΑG501915",  # Greek
            "xw8zzz1kzag5q1915",
            "XW8ZZZ1KZAG٥٠١٩١٥",
        ],
    )
    def test_what_people_type_becomes_the_vin(self, typed: str) -> None:
        assert vin.normalise(typed) == RUSSIAN_VW
        assert vin.parse(typed) == RUSSIAN_VW

    def test_marks_tell_which_characters_were_exchanged_but_not_case_or_width(self) -> None:
        got = vin.normalise_marked("* х-w8 iＡo")  # Cyrillic х
        assert got == vin.Normalised("XW81A0", (0, 3, 5))

    def test_unread_characters_stay_where_asked(self) -> None:
        assert vin.normalise("X?8-zz", keep_unread=True) == "X?8ZZ"
        assert vin.normalise("X?8-zz") == "X8ZZ"

    def test_it_is_done_after_once(self) -> None:
        once = vin.normalise("ß Ж é ﬁ ½ İ ǅ")
        assert vin.normalise(once) == once

    def test_normal_text_does_not_change(self) -> None:
        assert vin.normalise(vin.ALPHABET) == vin.ALPHABET


class TestProblems:
    def test_a_vin_has_none(self) -> None:
        assert vin.problems(RUSSIAN_VW) == []
        assert vin.is_vin(RUSSIAN_VW)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "no text"),
            (RUSSIAN_VW[:-1], "1 too few"),
            (RUSSIAN_VW + "00", "2 too many"),
            ("XW8ZZZOKZAG501915", "character 7 is 'O'"),
            ("XW8ZZZ1KZAG50191Ж", "character 17 is 'Ж'"),
            ("xW8ZZZ1KZAG501915", "capital"),
            ("XW8ZZZ1KZAG50?915", "character 14 is not read yet"),
        ],
    )
    def test_each_is_named(self, text: str, words: str) -> None:
        assert not vin.is_vin(text)
        assert words in "; ".join(vin.problems(text))

    def test_an_unread_character_can_be_allowed(self) -> None:
        assert vin.problems("XW8ZZZ1KZAG50?915", unread_allowed=True) == []

    def test_parse_says_all_that_is_wrong(self) -> None:
        with pytest.raises(vin.VinError, match=r"'XW8Ж' is not a VIN: 4 characters, 13 too few.*character 4"):
            vin.parse("XW8Ж")


class TestCheckDigit:
    @pytest.mark.parametrize(
        "text", [TEXTBOOK, ONES, "5GZCZ43D13S812715", "1FAFP49Y53F421502", "4V4NC9TG27N429460"]
    )
    def test_known_vins_agree(self, text: str) -> None:
        assert vin.check_digit(text) == text[8]
        assert vin.check_digit_matches(text)
        assert vin.check_digit_status(text) == "valid"

    def test_slot_8_itself_does_not_matter(self) -> None:
        assert vin.check_digit(TEXTBOOK[:8] + "?" + TEXTBOOK[9:]) == "X"

    @pytest.mark.parametrize("text", ["", TEXTBOOK[:-1], TEXTBOOK + "1", "IM8GDM9AXKP042788"])
    def test_what_is_no_vin_has_none(self, text: str) -> None:
        with pytest.raises(vin.VinError, match="has no check digit"):
            vin.check_digit(text)
        assert not vin.check_digit_matches(text)
        assert vin.check_digit_status(text) == "not_applicable"

    @pytest.mark.parametrize("wmi", ["1FA", "2HG", "3VW", "4T1", "5YJ", "7SA", "7FC", "LVS", "HLX"])
    def test_it_binds_in_north_america_and_china(self, wmi: str) -> None:
        right = with_check_digit(wmi + TEXTBOOK[3:])
        wrong = right[:8] + ("1" if right[8] != "1" else "2") + right[9:]
        assert vin.check_digit_status(right) == "valid"
        assert vin.check_digit_status(wrong) == "invalid"

    @pytest.mark.parametrize("wmi", ["XW8", "WVW", "JHM", "KMH", "6T1", "7A3", "9BW", "AAV"])
    def test_elsewhere_it_is_not_applicable_even_where_it_agrees_by_chance(self, wmi: str) -> None:
        lucky = with_check_digit(wmi + TEXTBOOK[3:])
        assert vin.check_digit_matches(lucky)
        assert vin.check_digit_status(lucky) == "not_applicable"

    def test_it_misses_84_of_the_1056_single_substitutions_in_a_slot(self) -> None:
        blind = sum(len(vin.blind_substitutions(character * 17, slot=0)) for character in vin.ALPHABET)
        assert blind == 84

    def test_blind_substitutions_are_just_those_it_cannot_see(self) -> None:
        for slot in range(vin.LENGTH):
            unseen = [
                other
                for other in vin.ALPHABET
                if other != TEXTBOOK[slot]
                and vin.check_digit_matches(TEXTBOOK[:slot] + other + TEXTBOOK[slot + 1 :])
            ]
            assert list(vin.blind_substitutions(TEXTBOOK, slot)) == unseen

    def test_an_unread_slot_has_no_blind_substitutions(self) -> None:
        assert vin.blind_substitutions("?" * 17, 0) == ""


class TestOrigin:
    @pytest.mark.parametrize(
        ("wmi", "name", "country", "region"),
        [
            ("XTA", "AvtoVAZ", "Russia", "Europe"),
            ("X7L", "Renault", "Russia", "Europe"),
            ("XW8", "Volkswagen", "Russia", "Europe"),
            ("XWE", "Kia", "Russia", "Europe"),
            ("Z94", "Hyundai", "Russia", "Europe"),
            ("WVW", "Volkswagen", "Germany", "Europe"),
            ("1FA", "Ford", "United States", "North America"),
            ("LVS", "Changan Ford", "China", "Asia"),
            ("MX1", "", "Kazakhstan", "Asia"),
            ("HLX", "", "China", "Asia"),
        ],
    )
    def test_the_wmi_tells_the_maker(self, wmi: str, name: str, country: str, region: str) -> None:
        assert vin.maker(wmi + "ZZZ1KZAG501915") == vin.Maker(name, country, region, wmi)

    def test_no_region_no_maker(self) -> None:
        assert vin.maker("0" * 17) is None
        assert vin.maker("XW") is None
        assert vin.maker("") is None

    @pytest.mark.parametrize(
        ("text", "years"),
        [
            (TEXTBOOK, (1989,)),  # digit in slot 6: the cycle up to 2009
            ("1M8GDMJAXKP042788", (2019,)),  # letter: from 2010
            ("4V4NC9TG27N429460", (2007,)),  # a heavy truck: the letter would mean 2037
            (RUSSIAN_VW, (2010, 1980)),
            ("XW8ZZZ1KZTG501915", (2026, 1996)),
            ("XW8ZZZ1KZVG501915", (1997,)),  # 2027 is after next year
            ("XW8ZZZ1KZ0G501915", ()),
            ("XW8ZZZ1KZUG501915", ()),
            ("XW8", ()),
        ],
    )
    def test_the_tenth_character_tells_the_model_year(self, text: str, years: tuple[int, ...]) -> None:
        assert vin.model_year(text, this_year=2025) == years

    def test_no_year_is_after_next_year(self) -> None:
        for code in vin.ALPHABET:
            years = vin.model_year(RUSSIAN_VW[:9] + code + RUSSIAN_VW[10:], this_year=2031)
            assert all(1980 <= year <= 2032 for year in years)


class TestRepairs:
    def test_a_text_with_nothing_wrong_needs_none(self) -> None:
        assert vin.repairs(TEXTBOOK) == ()
        assert vin.repairs(RUSSIAN_VW) == ()

    def test_a_misread_character_is_found_among_the_confusions(self) -> None:
        found = vin.repairs(TEXTBOOK.replace("88", "B8"))
        assert TEXTBOOK in [repair.text for repair in found]
        assert len(found) <= 5

    def test_every_confusable_misreading_that_is_seen_can_be_undone(self) -> None:
        for slot in range(vin.LENGTH):
            for other in vin.confusable_with(TEXTBOOK[slot]):
                misread = TEXTBOOK[:slot] + other + TEXTBOOK[slot + 1 :]
                if vin.check_digit_status(misread) == "invalid":
                    assert TEXTBOOK in [repair.text for repair in vin.repairs(misread, limit=100)]

    def test_posteriors_decide_where_given(self) -> None:
        misread = TEXTBOOK[:4] + "0" + TEXTBOOK[5:]  # D read as 0
        best = vin.repairs(misread, posteriors(misread, {4: ("D", 0.3)}))[0]
        assert (best.text, best.edit, best.slot, best.found, best.character) == (
            TEXTBOOK, "substitute", 4, "0", "D",
        )  # fmt: skip

    def test_one_unread_character_is_filled_by_the_check_digit(self) -> None:
        found = vin.repairs(TEXTBOOK[:6] + "?" + TEXTBOOK[7:])
        assert {repair.character for repair in found} == {"9", "R", "Z"}

    def test_two_unread_characters_are_too_many(self) -> None:
        assert vin.repairs("??" + TEXTBOOK[2:]) == ()

    def test_a_doubled_character_that_was_lost_is_put_back(self) -> None:
        best = vin.repairs(TEXTBOOK[:-1])[0]
        assert (best.text, best.edit, best.character) == (TEXTBOOK, "insert", "8")

    def test_a_frame_read_as_a_character_is_left_out(self) -> None:
        for framed in ("1" + RUSSIAN_VW, RUSSIAN_VW + "1"):
            assert RUSSIAN_VW in [repair.text for repair in vin.repairs(framed)]

    def test_repairs_are_vins_without_a_failing_check_digit_and_differ(self) -> None:
        for text in (
            TEXTBOOK[:-1],
            TEXTBOOK + "8",
            TEXTBOOK[:-1] + "3",
            RUSSIAN_VW[1:],
            "5" + RUSSIAN_VW[1:],
        ):
            texts = [repair.text for repair in vin.repairs(text, limit=1000)]
            assert len(texts) == len(set(texts))
            assert all(vin.is_vin(text) and vin.check_digit_status(text) != "invalid" for text in texts)

    def test_scores_fall(self) -> None:
        scores = [repair.score for repair in vin.repairs(TEXTBOOK[:-1] + "3", limit=1000)]
        assert scores == sorted(scores, reverse=True)

    @pytest.mark.parametrize("text", ["", "X", TEXTBOOK * 2])
    def test_what_one_edit_cannot_mend_is_left_alone(self, text: str) -> None:
        assert vin.repairs(text) == ()

    def test_wrong_posteriors_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"\(17, 33\), got \(16, 33\)"):
            vin.repairs(TEXTBOOK, np.ones((16, 33)))

    def test_it_is_quick_enough_for_every_keystroke(self) -> None:
        start = time.perf_counter()
        for _ in range(10):
            vin.repairs(TEXTBOOK[:-1] + "3")
        assert (time.perf_counter() - start) / 10 < 0.05


def test_confusions_are_mutual_and_of_the_alphabet() -> None:
    for character in vin.ALPHABET:
        assert all(character in vin.confusable_with(other) for other in vin.confusable_with(character))
    assert "D" in vin.confusable_with("0")
    assert set("".join(vin.CONFUSIONS)) <= set(vin.ALPHABET)


def with_check_digit(text: str) -> str:
    return text[:8] + vin.check_digit(text) + text[9:]


def posteriors(text: str, doubts: dict[int, tuple[str, float]]) -> np.ndarray:
    """A reader that is nearly sure of ``text`` but gives ``doubts`` slot -> (character, probability)."""
    table = np.full((17, 33), 1e-4)
    for slot, character in enumerate(text):
        table[slot, vin.ALPHABET.index(character)] = 1.0
    for slot, (character, probability) in doubts.items():
        table[slot, vin.ALPHABET.index(character)] = probability
    return table / table.sum(axis=1, keepdims=True)

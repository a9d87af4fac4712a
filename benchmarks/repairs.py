"""How good the coach's repairs are: `python benchmarks/repairs.py --photos ../shared/photos [--count 150]`.

Of transcribed `val` VINs whose check digit binds and agrees, every character is exchanged for each look-alike
that the check digit notices. Told is how often the true VIN is the first repair, and among the first three,
by what repairs are ranked with: the look of the characters; the readers' probabilities, as the coach has them
for the true VIN's photo; each without and with what is known of makers.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import vin
from core.reader import VinReader
from core.vin import repair
from pages.widgets.label import coach

MOST = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--count", type=int, default=150, help="photos to read")
    options = parser.parse_args()
    with (options.photos / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["use"] == "val" and row["read"] == "twice"]
    rows = [row for row in rows if vin.check_digit_status(row["vin"]) == "valid"][: options.count]
    reader = VinReader.load()
    prior, weight = reader.panel.prior, reader.panel.rules.habit
    assert prior is not None

    def habit(text: str) -> float:
        return weight * prior.log_text(text)

    read = {row["vin"]: posteriors(reader, options.photos / row["photo"]) for row in rows}
    spoilt = [(true, text) for true in read for text in mistakes(true)]
    print(f"{len(read)} VINs, {len(spoilt)} mistakes")
    known = {true: found for true, found in read.items() if found is not None}
    told = [(true, text) for true, text in spoilt if true in known]
    for name, pairs, shares in (("looks", spoilt, {}), ("readers", told, known)):
        for words, factor, used in (
            ("alone", 0.0, None), ("with makers", 1.0, None), ("with makers and habits", 1.0, habit),
        ):  # fmt: skip
            print(f"{name} {words}: {ranks(pairs, shares, factor, used)}")


def mistakes(true: str) -> Iterator[str]:
    for slot, character in enumerate(true):
        for other in vin.confusable_with(character):
            text = true[:slot] + other + true[slot + 1 :]
            if vin.check_digit_status(text) == "invalid":
                yield text


def posteriors(reader: VinReader, path: Path) -> np.ndarray | None:
    """As the coach has them."""
    characters = reader.read(path.read_bytes()).to_json("")["characters"]
    return coach.posteriors(characters) if len(characters) == vin.LENGTH else None


def ranks(
    pairs: list[tuple[str, str]],
    shares: dict[str, np.ndarray],
    makers: float,
    habit: Callable[[str], float] | None,
) -> str:
    usual, repair._NO_MAKER = repair._NO_MAKER, makers * repair._NO_MAKER
    try:
        found = [
            [one.text for one in vin.repairs(text, shares.get(true), MOST, habit)] for true, text in pairs
        ]
    finally:
        repair._NO_MAKER = usual
    first = np.mean([true == some[0] for (true, _), some in zip(pairs, found, strict=True) if some])
    among = np.mean([true in some for (true, _), some in zip(pairs, found, strict=True)])
    return f"first {first:.1%}, among the first {MOST} {among:.1%} (n = {len(pairs)})"


if __name__ == "__main__":
    main()

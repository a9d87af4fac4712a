"""Which photos' bar codes can be decoded, and do they say what the label says?

`python -m benchmarks.bar_codes PHOTOS.csv [--out LIST.csv] [--read]` first lists every bar code of every
photo and writes the list out; only then are the labels looked at. A bar code's VIN that differs from the
label is printed with both. `--read` reads the photos as well: how many readings agree or contradict.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.bar_codes import FORMATS, anywhere, bar_codes
from core.cli.console import printable
from core.images import ImageError, decode
from core.interval import wilson
from core.reader import VinReader
from core.records import Photo


@dataclass(frozen=True)
class Found:
    """What one photo's bar codes carry."""

    photo: str
    formats: tuple[str, ...]
    vins: tuple[str, ...]
    milliseconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("labels", type=Path, help="with the columns photo and vin")
    parser.add_argument("--use", help="only rows with this in the column use")
    parser.add_argument("--out", type=Path, help="where the list is written")
    parser.add_argument("--read", action="store_true", help="read the photos, too")
    options = parser.parse_args()
    with options.labels.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not options.use or row["use"] == options.use]
    found = [listed(options.labels.parent, row["photo"]) for row in rows]
    tell(found, options.out)
    # From here on the labels are known.
    check(found, {row["photo"]: row["vin"] for row in rows})
    if options.read:
        read(options.labels.parent, rows)


def listed(folder: Path, name: str) -> Found:
    """All bar codes of the whole photo, as every reading looks for them."""
    try:
        photo: Photo = decode((folder / name).read_bytes())
    except (ImageError, OSError):
        return Found(name, (), (), 0.0)
    start = time.perf_counter()
    carrying = bar_codes(photo)
    spent = 1000 * (time.perf_counter() - start)
    everything = tuple(FORMATS.get(code.format, "other") for code in anywhere(photo)[0])
    return Found(name, everything, tuple(code.vin for code in carrying), spent)


def tell(found: list[Found], out: Path | None) -> None:
    """Print, and write out, the photos with bar codes."""
    some = [one for one in found if one.formats]
    for one in some:
        print(f"{printable(one.photo)}: {', '.join(one.formats)}; VIN {' '.join(one.vins) or '-'}")
    with_vin = sum(bool(one.vins) for one in found)
    print(f"{len(found)} photos, {len(some)} with a bar code that decodes, {with_vin} of these with a VIN")
    spent = [one.milliseconds for one in found]
    print(f"looking took {statistics.median(spent):.1f} ms (median), {max(spent):.0f} ms at most")
    if out:
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("photo", "formats", "vins"))
            writer.writerows((one.photo, " ".join(one.formats), " ".join(one.vins)) for one in some)


def check(found: list[Found], labels: dict[str, str]) -> None:
    """Compare the listed VINs with the labels."""
    right = wrong = unknown = 0
    for one in found:
        label = labels[one.photo]
        for vin in one.vins:
            if not label or "?" in label:
                unknown += 1
            elif vin == label:
                right += 1
            else:
                wrong += 1
                print(f"differs: {printable(one.photo)}: bar code {vin}, label {printable(label)}")
    low, high = wilson(right, right + wrong)
    print(f"bar codes that say what the label says: {right} of {right + wrong} ({low:.1%} to {high:.1%})")
    print(f"photos without a label to compare: {unknown}")


def read(folder: Path, rows: list[dict[str, str]]) -> None:
    """The whole way, bar codes included."""
    reader = VinReader.load()
    said: Counter[str] = Counter()
    for row in rows:
        reading = reader.read((folder / row["photo"]).read_bytes())
        vins = {code.vin for code in reading.bar_codes}
        kind = "none" if not vins else "alone" if reading.vin is None else "agrees"
        if reading.vin is not None and vins - {reading.vin}:
            kind = "contradicts"
        said[f"{kind}, {reading.status}, {'right' if reading.vin == row['vin'] else 'not right'}"] += 1
    for kind, count in said.most_common():
        print(f"{count:5} {kind}")


if __name__ == "__main__":
    main()

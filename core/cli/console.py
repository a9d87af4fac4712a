"""What all verbs share: safe printing, progress bars, and refusing with a reason."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, TypeVar

MANY = 8
"""From this many items on a progress bar is worth a line."""

Item = TypeVar("Item")

Verbs = Any
"""What ``ArgumentParser.add_subparsers`` gives; its class has no public name."""


class Refusal(Exception):
    """Nothing can be done; the message says why and what to do. The exit status is 2."""


def printable(text: str) -> str:
    """Text that is one line and moves no cursor: control characters and broken bytes become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(line: str) -> None:
    """One line on stdout, at once; a progress bar on the same terminal steps aside."""
    if sys.stderr.isatty() and sys.stdout.isatty():
        from tqdm import tqdm

        tqdm.write(line)
    else:
        print(line)
    sys.stdout.flush()


def note(line: str) -> None:
    """One line on stderr."""
    print(line, file=sys.stderr, flush=True)


def progress(items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
    """The items, with a progress bar on stderr where that is a terminal and they are many.

    ``total`` tells how many come where the items themselves do not.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if (total or 0) < MANY or not sys.stderr.isatty():
        yield from items
        return
    from tqdm import tqdm

    yield from tqdm(items, total=total, unit=f" {unit}", file=sys.stderr, dynamic_ncols=True)


def bounded(kind: Callable[[str], Any], least: float, most: float = float("inf")) -> Callable[[str], Any]:
    """A type for argparse: a number within bounds."""

    def convert(text: str) -> Any:
        value = kind(text)
        # Written so that NaN fails too.
        if not least <= value <= most:
            raise ValueError
        return value

    # argparse says "invalid ... value" with this.
    above = f"from {least:,} up" if most == float("inf") else f"from {least:,} to {most:,}"
    convert.__name__ = f"{'whole number' if kind is int else 'number'} ({above})"
    return convert

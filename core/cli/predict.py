"""``predict``: read many photos into the label store, resumable."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from core.cli.console import Refusal, Verbs, note, printable, progress, say
from core.cli.photos import find, load_reader
from core.cli.store import refusing


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "predict",
        help="read many photos into labels.db",
        description="Take the photos of files and folders into the label store and read all that no network "
        "has read yet. Stopped at any moment, the same command goes on where it was.",
    )
    verb.add_argument(
        "photos", nargs="*", metavar="FOLDER", help="file or folder; none: what is in the store"
    )
    verb.add_argument("--stale", action="store_true", help="read again what another champion has read")
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Take in, read; 1 when any photo had an error."""
    from core.store import Store
    from core.store.batch import Step, read_waiting, take_in
    from core.store.predictions import count_unread, refresh_priorities

    reader = load_reader()
    errors = 0

    def told(steps: Iterator[Step]) -> int:
        problems = 0
        for step in steps:
            if step.problem:
                problems += 1
                note(f"{printable(step.name)}: {printable(step.problem)}")
        return problems

    with refusing():
        store = Store.open()
        found = list(find(options.photos))
        for path, problem in found:
            if problem:
                raise Refusal(f"{path}: {problem}")
        errors += told(take_in(store, progress([path for path, _ in found], "files"), "predict"))
        waiting = count_unread(store, reader.models, options.stale)
        steps = read_waiting(store, reader.read, reader.models, options.stale)
        # A range tells the bar how many are to come; the steps themselves come one by one.
        errors += told(step for _, step in zip(progress(range(waiting), "photos"), steps, strict=False))
        refresh_priorities(store)
    say(f"{waiting} photos read")
    return 1 if errors else 0

"""``store``: the label store from the command line: import, export, snapshot, people, backup, forget."""

from __future__ import annotations

import argparse
import json
import uuid
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.console import Refusal, Verbs, note, printable, progress, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.store import Store

    Act = Callable[[Store, argparse.Namespace], int]

COMMAND = "command line"
"""Who signs what is done from here, unless ``--as`` names somebody."""


def add(verbs: Verbs) -> None:
    """Describe the verb and its own verbs."""
    verb = verbs.add_parser(
        "store",
        help="the label store: import, export, snapshot, backup, forget ...",
        description="Work on labels.db (VIN_DESK_DB) and its photo files (VIN_DESK_HOME); see docs/store.md.",
    )
    under = verb.add_subparsers(title="verbs", metavar="VERB", required=True)

    one = under.add_parser("import", help="take in a labels file, a set of another program, or a folder")
    one.add_argument("set", type=Path, help="labels.csv, COCO json, or a folder")
    one.add_argument("--format", default="", help="instead of guessing: csv, coco, yolo, icdar, folder ...")
    one.add_argument("--side", default="", choices=("train", "val", "gold"), help="where the set tells none")
    signed(one, _import)

    one = under.add_parser("export", help="write labels for another program")
    one.add_argument(
        "format", metavar="FORMAT", help="csv, coco, yolo, yolo-obb, icdar, paddleocr, webdataset"
    )
    one.add_argument("out", type=Path, help="a new file for csv, else a new folder")
    one.add_argument("--snapshot", help="the frozen labels of this one, by name or hash")
    one.add_argument("--side", default="", choices=("train", "val", "gold"), help="only this side")
    one.add_argument("--all", action="store_true", help="labels that nobody reviewed yet, too")
    one.add_argument("--photos", action="store_true", help="the photos, too, upright and without metadata")
    one.set_defaults(execute=guarded(_export))

    one = under.add_parser("snapshot", help="freeze the approved labels for training")
    one.add_argument("name", nargs="?", help="name of the snapshot")
    one.add_argument("--list", action="store_true", help="show what there is, and check it")
    one.add_argument("--val", type=float, default=0.15, help="share of new cars, default 0.15")
    one.add_argument("--gold", type=float, default=0.05, help="share of new cars, default 0.05")
    one.add_argument("--seed", type=int, default=0)
    signed(one, _snapshot)

    one = under.add_parser("backup", help="copy the store while people work")
    one.add_argument("out", type=Path, metavar="FILE")
    one.add_argument("--photos", action="store_true", help="the photo files, too, into FILE.photos")
    one.set_defaults(execute=guarded(_backup))

    one = under.add_parser("restore", help="bring a backup back; what was forgotten since stays forgotten")
    one.add_argument("backup", type=Path, metavar="FILE")
    one.set_defaults(execute=guarded(_restore))

    one = under.add_parser("forget", help="erase photos and their texts for good")
    one.add_argument("photos", nargs="*", metavar="PHOTO", help="id or sha256")
    one.add_argument("--why", default="request", choices=("request", "mistake", "private", "other"))
    one.add_argument("--sweep", action="store_true", help="only finish what a crash interrupted")
    signed(one, _forget)

    one = under.add_parser("person", help="add somebody, or change their roles; without a name list all")
    one.add_argument("name", nargs="?")
    one.add_argument("--role", action="append", default=[], help="labeller, reviewer, data scientist, admin")
    one.add_argument("--leave", action="store_true", help="they can do nothing more; what they did stays")
    one.set_defaults(execute=guarded(_person))

    one = under.add_parser("status", help="how many photos stand where, and how far people agree")
    one.set_defaults(execute=guarded(_status))

    one = under.add_parser("check", help="look for damage")
    one.set_defaults(execute=guarded(_check))


@contextmanager
def refusing() -> Iterator[None]:
    """The store's errors as refusals, their words unchanged."""
    from core.store import StoreError

    try:
        yield
    except StoreError as error:
        raise Refusal(str(error)) from error


def signer(store: Store, name: str | None) -> int:
    """Who signs: somebody known by ``--as``, else the command line itself, which may do everything here.

    Whoever can run commands on the store's file can do what they like with it; roles are for the desks.
    """
    from core.store.people import add_person, find_person

    if name is None:
        return add_person(store, COMMAND, ("admin", "machine")).id
    person = find_person(store, name)
    if person is None:
        raise Refusal(f"there is nobody called {name}; `store person` lists all")
    return person.id


def signed(parser: argparse.ArgumentParser, run: Act) -> None:
    """A verb that asks who signs."""
    parser.add_argument("--as", dest="signer", metavar="NAME", help="who signs, default the command line")
    parser.set_defaults(execute=guarded(run))


def guarded(run: Act) -> Callable[[argparse.Namespace], int]:
    """A verb that opens the store first; the store's errors become refusals."""

    def execute(options: argparse.Namespace) -> int:
        from core.store import Store

        with refusing():
            return run(Store.open(), options)

    return execute


def _import(store: Store, options: argparse.Namespace) -> int:
    from core.store.exchange import bring_in, read_set
    from core.store.predictions import refresh_priorities

    person = signer(store, options.signer)
    found = list(read_set(options.set, options.format))
    if not found:
        raise Refusal(f"{options.set} holds no photos; name another file or folder")
    told: Counter[str] = Counter()
    outcomes = bring_in(store, progress(found, "photos"), person, options.set.name, options.side)
    for outcome in outcomes:
        told[outcome.what] += 1
        if outcome.problem:
            note(f"{printable(outcome.name)}: {printable(outcome.problem)}")
    refresh_priorities(store)
    words = {
        "labelled": "taken in with a label",
        "photo": "taken in to be labelled",
        "known": "known already",
        "kept": "left as they are",
        "refused": "refused",
    }
    for what, word in words.items():
        if told[what]:
            say(f"{told[what]:>8}  {word}")
    return 1 if told["refused"] else 0


def _export(store: Store, options: argparse.Namespace) -> int:
    from core.store.exchange import export
    from core.store.files import read_photo
    from core.store.items import READY, labelled_items, snapshot_items
    from core.store.snapshots import find_snapshot

    if options.snapshot:
        items = snapshot_items(store, find_snapshot(store, options.snapshot).id, options.side)
    else:
        states = (*READY, "labelled", "disputed", "second") if options.all else READY
        items = labelled_items(store, states, options.side)
    photos = options.photos or options.format == "webdataset"
    load = (lambda item: read_photo(store, item.sha256)) if photos else None
    count = export(items, options.format, options.out, load)
    say(f"{count:>8}  written to {printable(str(options.out))}")
    return 0


def _snapshot(store: Store, options: argparse.Namespace) -> int:
    from core.store.snapshots import SnapshotConfig, freeze, snapshots, verify

    if options.list or not options.name:
        sound = True
        for snapshot in snapshots(store):
            good = verify(store, snapshot)
            sound &= good
            lost = f"  {snapshot.forgotten} forgotten" if snapshot.forgotten else ""
            say(
                f"{snapshot.hash[:12]}  {printable(snapshot.name)}  {json.dumps(snapshot.counts)}{lost}"
                + ("" if good else "  DAMAGED")
            )
        return 0 if sound else 1
    config = SnapshotConfig(val=options.val, gold=options.gold, seed=options.seed)
    snapshot = freeze(store, signer(store, options.signer), options.name, config)
    say(f"{snapshot.hash[:12]}  {printable(snapshot.name)}  {json.dumps(snapshot.counts)}")
    return 0


def _backup(store: Store, options: argparse.Namespace) -> int:
    from core.store.backup import back_up

    back_up(store, options.out, options.photos)
    say(f"written to {printable(str(options.out))}")
    return 0


def _restore(store: Store, options: argparse.Namespace) -> int:
    from core.store.backup import bring_back

    again = bring_back(store, options.backup)
    say(f"brought back from {printable(str(options.backup))}; {again} photos were forgotten again")
    return 0


def _forget(store: Store, options: argparse.Namespace) -> int:
    from core.store.forget import forget, sweep
    from core.store.photos import known

    person = signer(store, options.signer)
    if options.sweep:
        sweep(store)
    elif not options.photos:
        raise Refusal("name the photos to forget by id or sha256")
    keys = []
    for name in options.photos:
        found = known(store, [name]).get(name) if len(name) == 64 else None
        if found is None and not (name.isascii() and name.isdigit() and len(name) < 19):
            raise Refusal(f"{name} is neither the id nor the sha256 of a photo here; nothing was forgotten")
        keys.append(found or int(name))
    for key in keys:
        stone = forget(store, key, person, options.why, uuid.uuid4().hex)
        say(f"photo {key} is forgotten ({stone.sha256[:12]})")
    return 0


def _person(store: Store, options: argparse.Namespace) -> int:
    from core.store.people import add_person, everybody, find_person, retire

    if options.name:
        known = find_person(store, options.name)
        if options.leave:
            if known is None:
                raise Refusal(f"there is nobody called {options.name}; `store person` lists all")
            if options.role:
                raise Refusal("somebody who leaves needs no role; give --leave or --role")
            retire(store, known.id)
        # Without a role nobody who is known gets another, nor comes back.
        elif options.role or known is None:
            add_person(store, options.name, options.role or ["labeller"])
    elif options.leave or options.role:
        raise Refusal("name somebody")
    for person in everybody(store):
        say(f"{printable(person.name)}: {', '.join(person.roles)}" + ("" if person.active else " (left)"))
    return 0


def _status(store: Store, options: argparse.Namespace) -> int:
    from core.store.agreement import agreement, gold_scores
    from core.store.photos import counts

    for state, count in counts(store).items():
        say(f"{count:>8}  {state}")
    agreed = agreement(store)
    if agreed.photos:
        say(f"labelled twice: {agreed.photos}, the same {agreed.exact}; "
            f"characters {100 * agreed.same / agreed.characters:.2f} %")  # fmt: skip
    for score in gold_scores(store):
        say(f"gold photos, {printable(score.name)}: {score.exact} of {score.photos}")
    return 0


def _check(store: Store, options: argparse.Namespace) -> int:
    from core.store.backup import check

    problems = check(store)
    for problem in problems:
        say(printable(problem))
    if not problems:
        say("nothing is wrong")
    return 1 if problems else 0

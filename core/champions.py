"""Champions: which networks serve, which served before, and the way from one to the other and back.

``models/champion`` holds the networks that were shipped. Beside them, ``releases/`` holds whole sets of
networks, each in a folder of its own that is never changed again, and the small file ``current`` names the
one that serves; without it the shipped ones do. A promotion writes a new set under another name, checks it,
and then replaces ``current`` in one step, so whatever breaks off in between leaves the old champion in place.
Readers look at ``current`` whenever they load, so a running app follows without a restart.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core import registry
from core.disk import synced, written_whole
from core.registry import (
    CURRENT,
    RELEASES,
    SHIPPED,
    ModelError,
    champion_folder,
    checked_bytes,
    current_release,
    home_of_champions,
    load_card,
)

NETWORKS = ("craft", "ctc", "yolo")
TEXTS = ("prior",)
NOTE = "release.json"
READABLE = 0o644
"""Networks are no secret: whoever runs the tool may read them."""


@dataclass(frozen=True)
class Release:
    """A whole set of networks.

    Attributes:
        name: of its folder; ``shipped`` for the one that came with the program.
        before: the release that it followed, empty for the shipped one.
        at: when it was made, seconds since 1970 UTC.
        networks: network -> fingerprint.
        changed: the networks that are not those of ``before``.
        note: what the promotion rests on: run, person, gate.
    """

    name: str
    before: str
    at: float
    networks: dict[str, str]
    changed: tuple[str, ...] = ()
    note: dict[str, Any] = field(default_factory=dict)


def champion() -> Release:
    """The release that serves.

    Raises:
        ModelError: ``current`` names a release that is not there, or the networks are damaged.
    """
    return release(current_release())


def release(name: str) -> Release:
    """One release by its name.

    Raises:
        ModelError: there is none, or its note is damaged.
    """
    folder = folder_of(name)
    if name == SHIPPED:
        return Release(SHIPPED, "", 0.0, fingerprints(folder))
    try:
        entries = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return Release(**{**entries, "changed": tuple(entries["changed"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"the note of release {name[:80]!r} is damaged ({error}); "
            "go back with `python -m core models rollback`"
        ) from error
    except OSError as error:
        raise ModelError(f"there is no release {name[:80]!r} ({error}); `models list` shows them") from error


def releases() -> list[Release]:
    """All of them, newest first, the shipped one last; half-written and damaged ones are left out."""
    folder = home_of_champions() / RELEASES
    names = [path.name for path in folder.iterdir() if (path / NOTE).is_file()] if folder.is_dir() else []
    found = []
    # Names begin with the time in UTC.
    for name in (*sorted((name for name in names if not name.startswith(".")), reverse=True), SHIPPED):
        # One that is damaged must not hide the others.
        with suppress(ModelError):
            found.append(release(name))
    return found


def folder_of(name: str) -> Path:
    """Where a release's files lie.

    Raises:
        ModelError: that is no name of a release.
    """
    if name == SHIPPED:
        return home_of_champions()
    if not name or name != Path(name).name or name.startswith("."):
        raise ModelError(f"{name[:80]!r} is no name of a release; `models list` shows them")
    return home_of_champions() / RELEASES / name


def fingerprints(folder: Path) -> dict[str, str]:
    """Network -> fingerprint, from the cards of a folder."""
    return {name: load_card(name, folder).fingerprint for name in NETWORKS}


def cards(folder: Path) -> dict[str, str]:
    """Network -> sha256 of its whole card: of the network, and of what was calibrated with it."""
    return {name: hashlib.sha256((folder / f"{name}.json").read_bytes()).hexdigest() for name in NETWORKS}


def assemble(candidate: Path, target: Path, base: Path | None = None) -> tuple[str, ...]:
    """Make a whole set of networks: those of ``candidate`` where it has any, the others of ``base``.

    Args:
        candidate: folder with one or more networks and their cards.
        target: folder to fill.
        base: default the champion.

    Returns:
        The networks that came from the candidate.

    Raises:
        ModelError: a file is missing or is not what its card says; ``target`` is of no use then.
    """
    base = base or champion_folder()
    target.mkdir(parents=True, exist_ok=True)
    taken = tuple(name for name in NETWORKS if (candidate / f"{name}.json").is_file())
    if not taken:
        raise ModelError(f"{candidate} holds no network; a training run writes one")
    for name in (*NETWORKS, *TEXTS):
        source = candidate if name in taken else base
        card = load_card(name, source)
        for file in card.sha256:
            if file != Path(file).name:
                raise ModelError(f"the card of {name} names a file outside its folder; train it again")
            data = checked_bytes(source / file, card)
            written_whole(target / file, data, READABLE)
        written_whole(target / f"{name}.json", (source / f"{name}.json").read_bytes(), READABLE)
    return taken


def check(folder: Path) -> None:
    """Whether a set is whole, is what its cards say, and can be run.

    Raises:
        ModelError: what is wrong.
    """
    for name in (*NETWORKS, *TEXTS):
        card = load_card(name, folder)
        for file in card.sha256:
            data = checked_bytes(folder / file, card)
            if file.endswith(".onnx"):
                _runs(data, folder / file)


def promote(candidate: Path, expected: Mapping[str, str], note: Mapping[str, Any]) -> Release:
    """Make a candidate the champion.

    Args:
        candidate: folder with its network and card.
        expected: fingerprints of the champion that it was measured against.
        note: what the promotion rests on; kept with the release.

    Raises:
        ModelError: the candidate is damaged, the champion is another one by now, or the disk refuses. The old
            champion goes on serving then.
    """
    before = champion()
    if before.networks != dict(expected):
        raise ModelError("the champion is another one than the candidate was measured against; gate it again")
    home = home_of_champions() / RELEASES
    try:
        home.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".part-", dir=home))
    except OSError as error:
        raise ModelError(f"{home} cannot be written ({error.strerror}); check folder and disk") from error
    try:
        changed = assemble(candidate, made)
        check(made)
        networks = fingerprints(made)
        if networks == before.networks:
            raise ModelError("the candidate is the champion already")
        marks = "-".join(f"{name}-{networks[name]}" for name in changed)
        # Two tries within a second are two releases: the first may have broken off behind its last write.
        now = time.time_ns()
        second = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now // 10**9))
        name = f"{second}-{now % 10**9 // 1000:06d}-{marks}"
        entry = Release(name, before.name, time.time(), networks, changed, dict(note))
        written_whole(made / NOTE, (json.dumps(asdict(entry), indent=2) + "\n").encode(), READABLE)
        os.chmod(made, 0o755)
        os.rename(made, home / name)
        synced(home)
    except OSError as error:
        raise ModelError(f"the release cannot be written ({error}); the champion stays") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _point(name)
    return entry


def roll_back(to: str = "", followed: str = "") -> Release:
    """Let an earlier release serve again; without a name the one before the champion.

    Args:
        to: a certain release.
        followed: what the champion followed as far as others know, should its own note be lost.

    Raises:
        ModelError: there is none before, or it is damaged. The champion stays then.
    """
    try:
        now = champion().before
    except ModelError:
        # A champion that is lost or damaged must not stand in the way of its predecessor.
        known = {one.name for one in releases()}
        now = followed if followed in known else _older(serving())
    target = to or now
    if not target:
        raise ModelError("the shipped networks serve; there is nothing before them")
    entry = release(target)
    check(folder_of(target))
    _point(target)
    return entry


def serving() -> str:
    """What ``current`` says, even where that release is lost; never raises."""
    try:
        return (home_of_champions() / CURRENT).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return SHIPPED


def _older(name: str) -> str:
    """The release made before another whose note is lost; empty before the shipped one.

    A newer one never: somebody may have gone back from it because it was bad.
    """
    if name == SHIPPED:
        return ""
    # Names begin with the time in UTC.
    return next((one.name for one in releases() if one.name < name and one.name != SHIPPED), SHIPPED)


def fingerprint_in(folder: Path, name: str) -> str:
    """Fingerprint of one network of a folder, from its card."""
    return load_card(name, folder).fingerprint


def _point(name: str) -> None:
    home = home_of_champions()
    try:
        written_whole(home / CURRENT, f"{name}\n".encode(), READABLE)
        synced(home)
    except OSError as error:
        raise ModelError(f"{home / CURRENT} cannot be written ({error}); the champion stays") from error


def _runs(data: bytes, path: Path) -> None:
    try:
        registry.session(data)
    except Exception as error:  # ONNX Runtime raises several types of its own
        raise ModelError(f"{path} cannot be run ({error}); train it again") from error

"""WebDataset: plain tar shards for training loops that stream, ``<sha256>.jpg`` beside ``<sha256>.json``.

The same items give the same bytes: no times, no owners.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.images import MAX_BYTES
from core.store.errors import Refused
from core.store.exchange.common import Found, Load, as_json, from_json
from core.store.files import shareable
from core.store.items import Item

SHARD = 1000
"""Photos per shard."""


def write(items: Iterable[Item], target: Path, load: Load, shard: int = SHARD) -> int:
    """Write ``<side>-000000.tar`` and so on; photos are part of the format."""
    target.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    open_shards: dict[str, tarfile.TarFile] = {}
    try:
        for item in items:
            side = item.side or "train"
            count = counts.get(side, 0)
            if count % shard == 0:
                if side in open_shards:
                    open_shards[side].close()
                path = target / f"{side}-{count // shard:06d}.tar"
                open_shards[side] = tarfile.open(path, "w")  # noqa: SIM115  # closed below, whatever happens
            data, suffix = shareable(load(item))
            stem = Path(item.name).stem
            entry = {
                "sha256": item.sha256, "size": list(item.size), "side": item.side, "state": item.state,
                "label": as_json(item.content),
            }  # fmt: skip
            add_sample(open_shards[side], stem, suffix, data, entry)
            counts[side] = count + 1
    finally:
        for archive in open_shards.values():
            archive.close()
    return sum(counts.values())


def add_sample(archive: tarfile.TarFile, stem: str, suffix: str, data: bytes, entry: dict) -> None:
    """One picture with what is known of it; ``entry`` holds its ``label`` as :func:`as_json` tells it."""
    _add(archive, stem + suffix, data)
    _add(archive, stem + ".json", json.dumps(entry).encode())
    _add(archive, stem + ".txt", entry["label"]["text"].encode())


def read(path: Path) -> Iterator[Found]:
    """Every photo of the shards in a folder, or of one shard; nothing is unpacked to disk.

    Raises:
        Refused: there is no shard, or one is damaged.
    """
    shards = [path] if path.is_file() else sorted(path.glob("*.tar"))
    if not shards:
        raise Refused(f"{path} has no .tar shards; name the folder with them")
    for shard in shards:
        try:
            with tarfile.open(shard, "r:") as archive:
                yield from _samples(archive, shard)
        except (tarfile.TarError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            if isinstance(error, Refused):
                raise
            raise Refused(f"{shard} is no shard of ours ({type(error).__name__}: {error})") from error


def _samples(archive: tarfile.TarFile, shard: Path) -> Iterator[Found]:
    stem, parts = "", dict[str, tarfile.TarInfo]()
    for member in archive:
        if not member.isreg():
            continue
        if member.size > MAX_BYTES:
            raise ValueError(f"{member.name[:80]} is larger than a photo may be")
        base, _, suffix = member.name.rpartition("/")[2].partition(".")
        if base != stem and parts:
            yield _found(stem, parts, shard)
            parts = {}
        stem = base
        parts[suffix.lower()] = member
    if parts:
        yield _found(stem, parts, shard)


def _found(stem: str, parts: dict[str, tarfile.TarInfo], shard: Path) -> Found:
    told = {kind: _bytes(shard, parts.pop(kind)) for kind in ("json", "txt") if kind in parts}
    entry = json.loads(told.get("json", b"{}"))
    text = told.get("txt", b"").decode()
    suffix, picture = next(iter(parts.items()), ("jpg", None))
    content = from_json(entry["label"]) if "label" in entry else from_json({"text": text})
    width, height = entry.get("size", (0, 0))
    item = Item(
        f"{stem}.{suffix}", entry.get("sha256", ""), (width, height), content, entry.get("side", ""),
        entry.get("state", ""),
    )  # fmt: skip
    # The pictures of a large set do not fit into memory: each is fetched when it is its turn.
    return Found(item, lambda: _bytes(shard, picture) if picture else b"")


def _bytes(shard: Path, member: tarfile.TarInfo) -> bytes:
    # Shards are not compressed, so a member is a piece of the file.
    with shard.open("rb") as file:
        file.seek(member.offset_data)
        return file.read(member.size)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))

"""Drafts: what a person typed and has not saved yet; a closed tab or a restart does not lose it."""

from __future__ import annotations

import json

from core.store.connect import Store, first
from core.store.content import Content, Draft
from core.store.errors import StoreError
from core.store.people import allowed
from core.store.photos import present
from core.store.texts import NOTE, checked, compact


def keep_draft(store: Store, draft: Draft) -> None:
    """Keep what is typed so far; the text need not be a VIN yet.

    Raises:
        Refused: it is longer than a draft may be.
        NotAllowed, Gone, Busy, Unwritable: as their names say; ``error.draft`` is the draft.
    """
    try:
        content = {**draft.content.to_row(), "text": checked(draft.content.text, "the text", NOTE)}
        entry = compact(
            {
                "base": draft.base,
                "content": content,
                "seconds": draft.seconds,
                "prediction": draft.prediction,
                "note": checked(draft.note, "the note", NOTE),
                "uid": draft.uid,
            },
            "the draft",
        )
        with store.writing() as db:
            allowed(db, draft.person, "label")
            present(db, draft.photo)
            db.execute(
                "INSERT OR REPLACE INTO drafts (photo, person, draft, at) VALUES (?, ?, ?, ?)",
                [draft.photo, draft.person, entry, store.now()],
            )
    except StoreError as error:
        error.draft = draft
        raise


def kept_draft(store: Store, photo: int, person: int) -> Draft | None:
    """What :func:`keep_draft` kept, None where there is nothing; a saved label removes it."""
    with store.reading() as db:
        row = first(db, "SELECT draft FROM drafts WHERE photo = ? AND person = ?", [photo, person])
    if row is None:
        return None
    entry = json.loads(row["draft"])
    content = Content.from_row(entry["content"])
    assert content is not None
    return Draft(
        photo,
        person,
        entry["base"],
        content,
        entry["seconds"],
        entry["prediction"],
        entry["note"],
        entry["uid"],
    )


def drop_draft(store: Store, photo: int, person: int) -> None:
    """Forget what is typed: the person lets another's label stand, or begins anew."""
    with store.writing() as db:
        db.execute("DELETE FROM drafts WHERE photo = ? AND person = ?", [photo, person])

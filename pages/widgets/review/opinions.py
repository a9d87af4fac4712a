"""Two or more opinions side by side, 17 columns, the slots in which they differ marked."""

from __future__ import annotations

from html import escape

from core.store.audit import Opinion, differing
from core.vin import LENGTH

_WHOSE = {
    "label": "Label", "earlier": "First label", "second": "Second label", "reading": "Model",
    "reader": "Reader",
}  # fmt: skip


def table(opinions: tuple[Opinion, ...]) -> str:
    """As HTML; all words of others are escaped.

    Args:
        opinions: the label in force first, what all others are compared with.
    """
    if not opinions:
        return '<p class="vd-hint">Nobody has said anything about this photo, nor has a reader.</p>'
    apart = differing([one.text for one in opinions])
    head = "".join(
        f'<th scope="col"{_mark(slot in apart)}>{slot + 1}{" ≠" if slot in apart else ""}</th>'
        for slot in range(LENGTH)
    )
    rows = "".join(_row(one, opinions[0], apart) for one in opinions)
    return (
        '<div class="vd-scroll"><table class="vd-sides" data-testid="opinions">'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>{_notes(opinions)}"
    )


def _row(one: Opinion, base: Opinion, apart: list[int]) -> str:
    name = escape(one.by.upper() if one.kind == "reader" else "" if one.kind == "reading" else one.by)
    head = f'<th scope="row"><span>{_WHOSE[one.kind]}</span> {name}</th>'
    if len(one.text) != LENGTH:
        told = escape(one.text) or "rejected the photo"
        return f'<tr class="vd-side-{one.kind}">{head}<td colspan="{LENGTH}" class="vd-none">{told}</td></tr>'
    cells = "".join(
        f"<td{_mark(slot in apart and len(base.text) == LENGTH and letter != base.text[slot])}>"
        f"{escape(letter)}</td>"
        for slot, letter in enumerate(one.text)
    )
    return f'<tr class="vd-side-{one.kind}">{head}{cells}</tr>'


def _mark(apart: bool) -> str:
    return ' class="vd-apart"' if apart else ""


def _notes(opinions: tuple[Opinion, ...]) -> str:
    noted = [one for one in opinions if one.note]
    lines = "".join(f"<li><b>{escape(one.by)}</b>: {escape(one.note)}</li>" for one in noted)
    return f'<ul class="vd-list vd-comments">{lines}</ul>' if lines else ""

"""What readers mix up, as an option of the verbs that draw VINs."""

from __future__ import annotations

from pathlib import Path

from core.cli.console import Refusal

STORE = "store"
"""In place of a file of confusions: what the label store knows."""
SHARE = 0.6
"""Of the characters in the noise half of the VINs that are drawn from what is mixed up."""


def hard_pool(named: str) -> str:
    """The characters that readers stumble over.

    Args:
        named: a CSV with the columns ``label``, ``read`` and ``count``, or ``store``.

    Raises:
        Refusal: the file is no such file, or tells of fewer than ten confusions.
    """
    from core.learn.confusion import hard_characters, read_confusions

    if named == STORE:
        from core.store import Store
        from core.store.learning import confusions

        found = confusions(Store.open())
    else:
        try:
            found = read_confusions(Path(named))
        except ValueError as error:
            raise Refusal(str(error)) from error
    pool = hard_characters(found)
    if not pool:
        raise Refusal(f"{named} tells of {sum(found.values())} confusions; ten are needed to go by")
    return pool

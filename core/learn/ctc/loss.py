"""CTC where some characters of a text cannot be read: whatever stands there is right."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

BLANK = 0
ANY = 0
"""Class of a character that cannot be read; as a label the blank's own number is free."""

SILENCE = -1
"""Class of all characters of a strip that shows no VIN: every frame shall be blank."""

_NEVER = -1e4


def masked_ctc(frames: Tensor, classes: Tensor) -> Tensor:
    """CTC (Graves et al., ICML 2006), per character; an ``ANY`` is summed over all characters.

    Rows without one go through torch's own loss, which is the same and faster. Rows of ``SILENCE`` shall give
    no character at all.

    Args:
        frames: log-probabilities ``(t, n, 34)``, class 0 the blank.
        classes: ``(n, 17)``, 1..33, or ``ANY``; or a row of ``SILENCE``.

    Returns:
        A number: the mean over the rows of minus log-likelihood over the length.
    """
    open_rows = (classes == ANY).any(dim=1)
    silent = (classes == SILENCE).all(dim=1)
    closed = ~open_rows & ~silent
    count, length = classes.shape
    parts = [-frames[:, silent, BLANK].sum(dim=0)]
    if closed.any():
        known = int(closed.sum())
        lengths = torch.full((known,), frames.shape[0]), torch.full((known,), length)
        loss = functional.ctc_loss(
            frames[:, closed], classes[closed], *lengths, reduction="none", zero_infinity=True
        )
        parts.append(loss)
    if open_rows.any():
        parts.append(_summed(frames[:, open_rows], classes[open_rows]))
    return torch.cat(parts).sum() / (count * length)


def _summed(frames: Tensor, classes: Tensor) -> Tensor:
    """The forward recursion over blank, c1, blank, c2 ... blank; minus log-likelihood ``(n,)``."""
    steps, count, _ = frames.shape
    length = classes.shape[1]
    spoken = torch.logsumexp(frames[..., 1:], dim=2)
    known = frames.gather(2, classes[None].expand(steps, count, length))
    letters = torch.where((classes == ANY)[None], spoken[..., None], known)
    blanks = frames[..., BLANK : BLANK + 1].expand(steps, count, length + 1)
    # Interleaved: states 0, 2, 4 ... are blanks, 1, 3, 5 ... characters.
    emit = torch.cat(
        [torch.stack([blanks[..., :length], letters], dim=3).flatten(2), blanks[..., -1:]], dim=2
    )
    same = (classes[:, 1:] == classes[:, :-1]) & (classes[:, 1:] != ANY)
    jump = frames.new_full((count, 2 * length + 1), _NEVER)
    jump[:, 3::2] = torch.where(same, _NEVER, 0.0)
    state = frames.new_full((count, 2 * length + 1), _NEVER)
    state = torch.cat([emit[0, :, :2], state[:, 2:]], dim=1)
    low = frames.new_full((count, 1), _NEVER)
    for step in range(1, steps):
        one = torch.cat([low, state[:, :-1]], dim=1)
        two = torch.cat([low, low, state[:, :-2]], dim=1) + jump
        state = torch.logsumexp(torch.stack([state, one, two]), dim=0) + emit[step]
    loss = -torch.logsumexp(state[:, -2:], dim=1)
    # A text that does not fit into the frames teaches nothing, as with torch's ``zero_infinity``.
    return torch.where(loss > -_NEVER / 2, 0.0, loss)

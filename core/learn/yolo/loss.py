"""Losses of the YOLO reader: YOLOv2's where boxes are known, a sum over chains where only the text is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.recognize.yolo import ANCHORS, CELL
from core.vin import LENGTH

UNKNOWN = -1
"""Class of a character that cannot be read; both losses ask only that something is there."""


@dataclass(frozen=True)
class YoloWeights:
    """Weights of the parts of the box loss.

    Attributes:
        place: of centre and width.
        nothing: of boxes without a character.
        ignore: intersection over union with some character from which a box without one is not blamed.
    """

    place: float = 2.0
    nothing: float = 0.5
    ignore: float = 0.6


def box_loss(raw: Tensor, targets: Tensor, weights: YoloWeights) -> tuple[Tensor, dict[str, float]]:
    """YOLOv2's loss along one axis, per character.

    As in the paper, centres go through a sigmoid, widths through an exponential, and boxes that lie well on
    some character are not blamed for not owning it. Unlike it, objectness is trained towards 1, not towards
    the intersection over union (the chain needs a probability), and classes and objectness by cross-entropy.

    Args:
        raw: ``(n, cells, anchors, 36)``.
        targets: ``(n, cells, anchors, 4)`` of :func:`core.learn.yolo.targets.yolo_targets`.
        weights: of the parts.
    """
    owner = targets[..., 0] > 0
    count = owner.sum().clamp(min=1)
    place = functional.binary_cross_entropy_with_logits(
        raw[..., 0][owner], targets[..., 1][owner], reduction="sum"
    )
    width = functional.smooth_l1_loss(raw[..., 1][owner], targets[..., 2][owner], reduction="sum", beta=0.1)
    classes = functional.cross_entropy(
        raw[..., 3:][owner], targets[..., 3][owner].long(), reduction="sum", label_smoothing=0.02,
        ignore_index=UNKNOWN,
    )  # fmt: skip
    there = functional.binary_cross_entropy_with_logits(raw[..., 2], targets[..., 0], reduction="none")
    with torch.no_grad():
        blamed = ~owner & (_best_iou(raw, targets) < weights.ignore)
    found = there[owner].sum()
    nothing = there[blamed].sum() * weights.nothing
    total = (weights.place * (place + width) + classes + found + nothing) / count
    return total, {"place": (place + width).item() / count.item(), "class": classes.item() / count.item()}


def chain_loss(raw: Tensor, classes: Tensor) -> Tensor:
    """Minus the log-probability of the text, over all ways to place it, per character.

    A cell holds one character (of one of its anchors) or none; the text's characters lie in rising cells. The
    sum runs over all placements, as CTC's does over frames (Graves et al., ICML 2006), without repeats.

    Args:
        raw: ``(n, cells, anchors, 36)``.
        classes: ``(n, 17)`` indices into ``vin.ALPHABET``, or ``UNKNOWN``.
    """
    nothing = functional.logsigmoid(-raw[..., 2]).sum(dim=2)
    # log o - log (1 - o) is the raw objectness itself.
    letters = raw[..., 3:].log_softmax(dim=3)
    spoken = torch.logsumexp(raw[..., 2:3] + letters, dim=2) + nothing[..., None]
    anything = torch.logsumexp(raw[..., 2], dim=2) + nothing
    count, length = classes.shape
    known = spoken.gather(2, classes.clamp(min=0)[:, None].expand(count, raw.shape[1], length))
    emit = torch.where((classes == UNKNOWN)[:, None], anything[..., None], known)
    state = raw.new_full((count, length + 1), -1e4)
    state[:, 0] = 0
    for cell in range(raw.shape[1]):
        stay = state + nothing[:, cell, None]
        step = torch.logaddexp(stay[:, 1:], state[:, :-1] + emit[:, cell])
        state = torch.cat([stay[:, :1], step], dim=1)
    return -state[:, length].mean() / length


def silence_loss(raw: Tensor) -> Tensor:
    """Minus the log-probability that no box holds a character, divided as if there were 17 of them.

    Args:
        raw: ``(n, cells, anchors, 36)`` of strips that show no VIN.
    """
    return -functional.logsigmoid(-raw[..., 2]).sum(dim=(1, 2)).mean() / LENGTH


def _best_iou(raw: Tensor, targets: Tensor) -> Tensor:
    """How well every predicted box lies on some character, ``(n, cells, anchors)``."""
    anchors = raw.new_tensor(ANCHORS)
    cells = torch.arange(raw.shape[1], device=raw.device)[:, None]
    centre, width = CELL * (cells + raw[..., 0].sigmoid()), anchors * raw[..., 1].clamp(-3, 3).exp()
    best = torch.zeros_like(centre)
    for index in range(len(raw)):
        owner = targets[index, ..., 0] > 0
        if not owner.any():
            continue
        their_cells = cells.expand(-1, len(anchors))[owner]
        theirs = CELL * (their_cells + targets[index, ..., 1][owner])
        wide = anchors.expand(raw.shape[1], -1)[owner] * targets[index, ..., 2][owner].exp()
        distance = (centre[index].reshape(-1, 1) - theirs).abs()
        mine = width[index].reshape(-1, 1)
        shared = torch.minimum(torch.minimum(mine, wide.expand_as(distance)), (mine + wide) / 2 - distance)
        shared = shared.clamp(min=0)
        best[index] = (shared / (mine + wide - shared)).amax(dim=1).view_as(best[index])
    return best

"""The mean of several runs' weights, where one began with another's.

Such runs end in one valley, and its middle reads better than either end (Wortsman et al. 2022, *model
soups*): what each run learnt of its own batches by heart falls out of the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.learn.loop import Task, save_weights


def mean_weights(files: Sequence[Path], task: Task, target: Path) -> dict[str, float]:
    """Write the mean of weights, with its figures on ``val`` as a run's best weights have them.

    Args:
        files: safetensors of the task's network, two or more.
        task: whose network takes the mean, and which validates it.
        target: file to write.

    Returns:
        The validation's figures.

    Raises:
        ValueError: fewer than two files, or they are not weights of one network.
    """
    if len(files) < 2:
        raise ValueError("a mean takes the weights of two runs or more")
    try:
        every = [load_file(file) for file in files]
    except (OSError, SafetensorError) as error:
        raise ValueError(f"weights cannot be read: {error}") from error
    first = every[0]
    for file, weights in zip(files, every, strict=True):
        if {name: part.shape for name, part in weights.items()} != {n: p.shape for n, p in first.items()}:
            raise ValueError(f"{file} are not the weights of the same network as {files[0]}")
    mean = {
        # Counters of batch norm are whole numbers, and nothing reads them.
        name: torch.stack([weights[name].double() for weights in every]).mean(0).to(part.dtype)
        if part.is_floating_point()
        else part
        for name, part in first.items()
    }
    try:
        task.network.load_state_dict(mean)
    except RuntimeError as error:
        raise ValueError(f"{files[0]} are no weights of this network: {error}") from error
    task.network.eval()
    figures = task.validate(task.network)
    save_weights(task.network, target, figures=figures)
    return figures

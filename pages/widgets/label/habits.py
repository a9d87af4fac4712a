"""How usual a VIN is, from what the champion knows of makers: ranks the coach's repairs."""

from __future__ import annotations

from core.registry import ModelError
from pages.widgets.readings import load_reader


def usual(text: str) -> float:
    """Natural logarithm, weighed as in the readers' own work; 0 where nothing is known."""
    try:
        rules = load_reader().reader.panel.rules
    except ModelError:
        return 0.0
    return rules.habit * rules.prior.log_text(text) if rules.prior else 0.0

"""Certification labels as North American cars carry them (49 CFR 567): a dozen rows, one of them the VIN.

Maker and month, weights in two units, a sentence of conformity, the VIN with its name before it, type,
paint codes, bar codes, part numbers that look a little like VINs, all set close together.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.synth.glyphs import Face, cap_height
from core.synth.plates import Canvas, bar_code, text_width, vin_style, write
from core.vin import ALPHABET

_MAKERS = (
    "FORD MOTOR CO.",
    "GENERAL MOTORS LLC",
    "FCA US LLC",
    "CHRYSLER CORPORATION",
    "HONDA OF AMERICA MFG., INC.",
    "TOYOTA MOTOR CORPORATION",
    "NISSAN NORTH AMERICA, INC.",
    "HYUNDAI MOTOR COMPANY",
    "KIA MOTORS CORP",
    "BMW AG",
    "DAIMLER AG STUTTGART GERMANY",
    "MAZDA MOTOR CORPORATION",
    "SUBARU CORPORATION",
    "VOLVO CAR CORPORATION",
    "VOLKSWAGEN AG",
    "MITSUBISHI MOTORS",
    "TESLA, INC.",
)
_PROSE = (
    "THIS VEHICLE CONFORMS TO ALL APPLICABLE FEDERAL MOTOR VEHICLE SAFETY, BUMPER, AND THEFT PREVENTION "
    "STANDARDS IN EFFECT ON THE DATE OF MANUFACTURE SHOWN ABOVE",
    "THIS VEHICLE CONFORMS TO ALL APPLICABLE U.S. FEDERAL MOTOR VEHICLE SAFETY AND BUMPER STANDARDS",
    "CE VEHICULE EST CONFORME A TOUTES LES NORMES QUI LUI SONT APPLICABLES EN VERTU DU REGLEMENT SUR LA "
    "SECURITE DES VEHICULES AUTOMOBILES DU CANADA EN VIGUEUR A LA DATE DE SA FABRICATION",
    "SEE OWNER MANUAL FOR ADDITIONAL INFORMATION",
)
_NAMES = ("VIN: ", "VIN ", "V.I.N.: ", "V.I.N. ", "VEHICLE IDENT. NO.: ", "VEHICLE ID. NO. ", "NIV/VIN: ", "")
_TYPES = ("PASSENGER CAR", "TRUCK", "MPV", "MULTIPURPOSE PASSENGER VEHICLE", "PASS CAR", "INCOMPLETE")
_VIN = object()


def certification_label(rng: np.random.Generator, vin: str, with_vin: bool, size: int) -> Canvas:
    """A label's ink with all its rows.

    Args:
        rng: draws everything.
        vin: 17 characters.
        with_vin: leaves the VIN's row out where False; decoys stay.
        size: nominal font size of the VIN, pixels.
    """
    face, tracking, pitch = vin_style(rng, size)
    small, small_tracking, _ = vin_style(rng, size, own=0.0)
    width = text_width(vin, face, size, tracking, pitch)
    name = str(rng.choice(_NAMES)) if rng.random() < 0.75 else ""
    small_size = int(size * rng.uniform(0.5, 1.0))
    inner = max(width * rng.uniform(1.02, 2.6), width + text_width(name, small, small_size) + size)
    rows = _rows(rng, with_vin)
    cap = cap_height(face, size)
    step = cap * rng.uniform(1.15, 1.6) * (small_size / size + 1) / 2
    side = int(cap * rng.uniform(0.4, 1.5))
    canvas = Canvas(np.zeros((int(step * (len(rows) + 2) * 1.9 + 3 * cap), int(inner) + 2 * side), np.uint8))
    baseline = 1.8 * cap
    for row in rows:
        if row is _VIN:
            left = side + (inner - width) * (rng.random() if rng.random() < 0.4 else 0.0)
            if name:
                # Its name stands before it, or above it where the row is too full.
                start = min(left, side + inner - width - text_width(name, small, small_size))
                write(canvas, name, small, small_size, start, baseline, small_tracking)
                left = start + text_width(name, small, small_size, small_tracking)
            write(canvas, vin, face, size, left, baseline, tracking, pitch, vin=True)
            baseline += step * rng.uniform(1.0, 1.4)
        elif row == "bars":
            tall = cap * rng.uniform(0.8, 3.0)
            long = inner * rng.uniform(0.4, 0.95)
            bar_code(canvas, side + rng.uniform(0, inner - long), baseline - 0.8 * cap, long, tall, rng)
            baseline += tall + 0.6 * cap
        else:
            baseline = _text(canvas, rng, str(row), small, small_size, side, inner, baseline, step)
    canvas.ink = canvas.ink[: int(min(baseline + 0.5 * cap, canvas.ink.shape[0]))].copy()
    _lines(canvas.ink, rng)
    return canvas


def _rows(rng: np.random.Generator, with_vin: bool) -> list[object]:
    month = f"{rng.integers(1, 13):02d}/{rng.integers(0, 26):02d}"
    weights = [int(weight) for weight in rng.integers(800, 4200, 3)]
    rows: list[object] = [f"MFD. BY {rng.choice(_MAKERS)}"]
    if rng.random() < 0.8:
        rows.append(f"DATE: {month}  GVWR: {weights[0]} KG ({round(2.2046 * weights[0])} LB)")
    if rng.random() < 0.8:
        rows.append(f"GAWR FRT {weights[1]} KG ({round(2.2046 * weights[1])} LB) RR {weights[2]} KG")
    if rng.random() < 0.4:
        rows.append(f"P{rng.integers(18, 30) * 10 + 5}/{rng.integers(5, 9) * 5}R{rng.integers(14, 22)} 7.5J")
    if rng.random() < 0.75:
        rows.append(str(rng.choice(_PROSE)))
    rows.append(f"TYPE: {rng.choice(_TYPES)}" + (f"   {_code(rng, 6)}" if rng.random() < 0.4 else ""))
    if rng.random() < 0.6:
        rows.append(f"EXT PNT: {_code(rng, 2)}  RC: {rng.integers(10, 99)}  DSO: {_code(rng, 2)}")
    if rng.random() < 0.5:
        rows.append(" ".join(_code(rng, int(rng.integers(2, 9))) for _ in range(rng.integers(2, 5))))
    if rng.random() < 0.4:
        rows.append(f"{_code(rng, 4)}-{rng.integers(1000, 1999)}{rng.integers(100, 999)}-{_code(rng, 2)}")
    if rng.random() < 0.65:
        rows.append("bars")
    if with_vin:
        rows.insert(int(rng.integers(1, len(rows) + 1)), _VIN)
    return rows


def _text(
    canvas: Canvas,
    rng: np.random.Generator,
    text: str,
    face: Face,
    size: int,
    left: int,
    width: float,
    baseline: float,
    step: float,
) -> float:
    """Write with line breaks; returns the next baseline."""
    size = int(size * rng.uniform(0.8, 1.1))
    line = ""
    for word in [*text.split(), ""]:
        longer = f"{line} {word}".strip()
        if word and text_width(longer, face, size) < width:
            line = longer
            continue
        if line:
            write(canvas, line, face, size, left, baseline)
            baseline += step
        line = word
    return baseline


def _code(rng: np.random.Generator, length: int) -> str:
    return "".join(ALPHABET[k] for k in rng.integers(len(ALPHABET), size=length))


def _lines(ink: np.ndarray, rng: np.random.Generator) -> None:
    """Frame and rules."""
    rows, columns = ink.shape
    if rng.random() < 0.6:
        cv2.rectangle(ink, (2, 2), (columns - 3, rows - 3), 255, int(rng.integers(1, 4)))
    for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.4 else 0):
        y = int(rng.integers(0, rows))
        # Only where nothing is written: a rule does not strike text out.
        if ink[max(0, y - 3) : y + 3].mean() < 12:
            cv2.line(ink, (0, y), (columns, y), 255, 2)

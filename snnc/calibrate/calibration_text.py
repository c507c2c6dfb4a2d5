"""What `snnc calibrate` measured and did, as tables for people."""

from __future__ import annotations

from snnc.calibrate.run import Calibrated
from snnc.runtime.budgets import judged, outside, slack_of
from snnc.text.tables import columns
from snnc.weights.listing_text import chip_table

COLUMNS = ("layer", "percentile", "before", "after", "range", "scale", "")
LEFT = {"layer", ""}


def table(found: Calibrated) -> str:
    """One row a layer, then what the chip's integers keep of the weights."""
    rows = [_row(name, found) for name in found.layers]
    lines = [
        f"{found.network}, {found.examples} examples",
        "",
        *columns(COLUMNS, rows, LEFT),
        "",
        f"outputs change by at most {found.calibration.change:.1g} of the largest",
    ]
    if found.precision:
        lines += ["", *chip_table(found.precision)]
    return "\n".join(lines)


def _row(name: str, found: Calibrated) -> tuple[str, ...]:
    layer, done = found.layers[name], found.calibration
    rate = done.after[name].rate
    state = outside(rate, layer.rate, slack_of(layer.rate), judged(rate, layer.rate))
    notes = [state] if state else []
    if name in done.fixed:
        notes.append(f"not scaled: {done.fixed[name]}")
    return (
        name,
        f"{layer.percentile:g}",
        f"{done.before[name].rate:.0f} Hz",
        f"{done.after[name].rate:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        f"{done.scales[name]:.4g}",
        ", ".join(notes),
    )

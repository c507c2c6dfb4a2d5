"""The demonstration's one table."""

from __future__ import annotations

from typing import Any

from snnc.demo.run import Results

LABELS = {
    "nengo": "Nengo, spiking",
    "nengo_dl": "NengoDL, spiking",
    "loihi": "Loihi emulator",
}


def table(results: Results) -> str:
    """Accuracies on the same clips, cores predicted and built, seconds of each step."""
    reports, seconds = results.reports, results.seconds
    keras = reports["loihi"]["keras_accuracy"]
    rows = [
        (f"on {results.examples} unseen clips", "accuracy", "as Keras", "seconds"),
        ("Keras", _share(keras), "", f"{seconds['train']:.1f} to train"),
    ]
    for simulator, report in reports.items():
        rows.append(
            (
                LABELS[simulator],
                _share(report["accuracy"]),
                _share(report["agreement"]),
                f"{seconds[simulator]:.1f}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.ljust(width) if i in (0, 3) else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    built = reports["loihi"]["cores"]
    lines.append("")
    lines.append(
        f"cores predicted by snnc {results.cores}, built by nengo-loihi {built}"
    )
    lines.append(
        f"seconds: data {seconds['data']:.1f}, build {seconds['build']:.1f}, "
        f"all steps {sum(seconds.values()):.0f}"
    )
    lines.append(
        f"rate budgets not held on the emulator: {_breaches(reports['loihi'])}"
    )
    return "\n".join(lines)


def _breaches(report: dict[str, Any]) -> str:
    breaches = [
        f"{layer['name']} {layer['rate']:.0f} Hz of {layer['low']:g}..{layer['high']:g}"
        for layer in report["layers"]
        if not layer["holds"]
    ]
    return ", ".join(breaches) or "none"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"

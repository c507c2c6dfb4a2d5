"""``snnc demo``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from snnc.cli.printing import print_lines, say


@click.command("demo", epilog="Example: snnc demo -o /tmp/drift")
@click.option(
    "-o",
    "--output",
    default="snnc-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where data, package and weights go.",
)
def command(output: Path) -> int:
    """Train and run drifting digits: spec, Keras, Nengo, Loihi emulator."""
    needed = ("numpy", "sklearn", "tensorflow", "nengo", "nengo_loihi")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        say(f"the demo needs {', '.join(missing)}: pip install 'snnc[all]'")
        return 1
    from snnc.demo import StepError, run_demo, table
    from snnc.resources import spec_path

    try:
        results = run_demo(output, spec_path("drift.snn"), say)
    except (StepError, OSError) as error:
        say(f"error: {error}")
        return 1
    print_lines(table(results))
    return 0

"""``snnc export``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.options import device
from snnc.cli.printing import say

if TYPE_CHECKING:
    from snnc.nir.neurons import Neuron


@click.command(
    "export",
    epilog="Example: snnc export models/drift --weights drift.safetensors --to nir"
    " -o drift.nir",
)
@click.argument("package", type=click.Path(path_type=Path))
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    required=True,
    help="The safetensors file of its weights.",
)
@click.option(
    "--to", type=click.Choice(["nir"]), default="nir", show_default=True, help="Format."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; a text of what it can't say stands beside it.",
)
@click.option(
    "--neuron",
    type=click.Choice(["if", "cubalif"]),
    default="if",
    show_default=True,
    help="What ReLU neurons become: without the filter of their synapse, or with it.",
)
def command(package: Path, weights: Path, to: str, output: Path, neuron: Neuron) -> int:
    """Write PACKAGE and its weights for other tools: Norse, sinabs, Spyx and more.

    PACKAGE is the folder of a package that `snnc build` wrote, or a spec. docs/nir.md
    tells what each tool makes of the file, in numbers.
    """
    from snnc.nir.export import CannotExportError, export_nir

    if output.suffix == ".safetensors" or _is_same(output, weights):
        raise click.UsageError("-o would replace weights: name a file such as net.nir")
    started = time.perf_counter()
    try:
        done = export_nir(package, weights, output, neuron, device())
    except (CannotExportError, OSError) as error:
        for line in f"error: {error}".split("\n"):  # a layout names each tensor
            say(line)
        return 1
    milliseconds = 1000 * (time.perf_counter() - started)
    say(
        f"{done.path}: {done.nodes} nodes, {done.size} bytes; what they can't say is in"
        f" {done.text} ({milliseconds:.0f} ms)"
    )
    return 0


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)

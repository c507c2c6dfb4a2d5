"""``snnc build``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from snnc.cli.talk import say, show
from snnc.diagnostics import Report
from snnc.emit.origin import Origin
from snnc.emit.write import write_package
from snnc.layout.identity import spec_hash
from snnc.passes import compile_spec
from snnc.rules.output import SameNetwork
from snnc.source.read import read


@click.command("build", epilog="Example: snnc build specs/drift.snn -o models")
@click.argument("specs", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o",
    "--output",
    default="models",
    show_default=True,
    type=click.Path(file_okay=False),
    help="The folder that holds the packages' folders.",
)
@click.option("--force", is_flag=True, help="Replace files that were edited by hand.")
def command(specs: tuple[str, ...], output: str, force: bool) -> int:
    """Check SPECS and write the package of each into OUTPUT."""
    sound = True
    built: dict[str, str] = {}
    for path in specs:
        report = Report()
        _build(path, Path(output), force, report, built)
        show(report)
        sound = sound and not report.errors
    return 0 if sound else 1


def _build(
    path: str, output: Path, force: bool, report: Report, built: dict[str, str]
) -> None:
    """Build one spec; ``built`` maps the networks of this run to their specs."""
    started = time.perf_counter()
    source = read(path, report)
    if source is None:
        return
    results = compile_spec(source, report)
    modules = results.get("emit")
    if modules is None:
        return
    network = results["infer"]
    other = built.setdefault(network.name.lower(), path)
    if other != path:
        report.add(SameNetwork(span=network.span, name=network.name, other=other))
        return
    origin = Origin.of(Path(path), output)
    written = write_package(
        output / network.name,
        [module.headed(origin) for module in modules],
        spec_hash(results["validate"].spec),
        force,
        report,
    )
    if written is None:
        return
    milliseconds = 1000 * (time.perf_counter() - started)
    say(
        f"{path}: {output / network.name}: {len(written.written)} files written, "
        f"{len(written.unchanged)} unchanged ({milliseconds:.0f} ms)"
    )
    for name in written.written:
        click.echo((output / network.name / name).as_posix())

"""Compiles specs and hands each package to a deed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snnc.cli.building.deed import Deed, Job, build_command
from snnc.cli.talk import show
from snnc.diagnostics import Report
from snnc.emit.origin import Origin
from snnc.emit.owned import Package
from snnc.emit.owned.orphans import abandoned, remains, renamed
from snnc.emit.owned.write import cannot_write
from snnc.layout.identity import spec_hash
from snnc.passes import compile_spec
from snnc.rules.output import SameNetwork
from snnc.source.read import read


def build_specs(
    specs: Sequence[str], output: Path, deed: Deed, sweep: bool = True
) -> bool:
    """Do a deed with the package of every spec, whatever is wrong with the others.

    Parameters
    ----------
    output
        The folder that holds the packages' folders.
    sweep
        Whether the deed is also done with packages whose specs are gone.

    Returns
    -------
    bool
        Whether no error was reported.
    """
    built: dict[str, str] = {}
    sound = True
    for spec in specs:
        report = Report()
        job = _job(spec, output, built, report)
        if job is not None:
            _do(job, deed, report)
        show(report)
        sound = sound and not report.errors
    return (not sweep or _sweep(specs[0], output, deed)) and sound


def _job(spec: str, output: Path, built: dict[str, str], report: Report) -> Job | None:
    """Compile a spec; ``built`` maps the networks of this run to their specs."""
    started = time.perf_counter()
    source = read(spec, report)
    results = {} if source is None else compile_spec(source, report)
    if "emit" not in results:
        return None
    network = results["infer"]
    other = built.setdefault(network.name.lower(), spec)
    if other != spec:
        report.add(SameNetwork(span=network.span, name=network.name, other=other))
        return None
    return Job(spec, _package(results, spec, output), started)


def _package(results: dict[str, Any], spec: str, output: Path) -> Package:
    origin = Origin.of(Path(spec), output)
    files = [module.headed(origin) for module in results["emit"]]
    identity = spec_hash(results["validate"].spec)
    return Package.of(output / results["infer"].name, files, identity, origin)


def _do(job: Job, deed: Deed, report: Report) -> None:
    """Do it with a package, then with those that its spec wrote under other names."""
    if not deed.package(job, report):
        return
    try:
        for orphan in renamed(job.package):
            deed.orphan(orphan, job.command, report)
    except OSError as error:
        report.add(cannot_write(error, job.package.folder.parent))


def _sweep(spec: str, output: Path, deed: Deed) -> bool:
    report = Report()
    try:
        for orphan in (*abandoned(output), *remains(output)):
            deed.orphan(orphan, build_command(spec, output), report)
    except OSError as error:
        report.add(cannot_write(error, output))
    show(report)
    return not report.errors

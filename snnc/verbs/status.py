"""Report the state of a repository's networks, one row per spec: `snnc status`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.ir.layout import layout_id, tensors
from snnc.ir.logical import LogicalNetwork
from snnc.loihi.profile import DEFAULT
from snnc.results.tables import Status, StatusRow
from snnc.syntax.files import specs_in
from snnc.verbs.evaluate.last import recorded_accuracy
from snnc.verbs.options import takes
from snnc.verbs.report.folder import compile_row
from snnc.verbs.repository_options import StatusOptions
from snnc.verbs.settings import read_settings
from snnc.weight_files.header import read_header

STEPS_OF_TRAINING = (".smooth", ".best")
"""The suffixes of weight files that training writes before it ends."""


@takes(StatusOptions)
def status(call: StatusOptions) -> Status:
    """Return the state of specs: whether they fit, are built, trained and evaluated.

    Weights are looked for in the current folder, next to each spec, in the folder of
    the packages, and in the folder around it.

    Raises
    ------
    ValueError
        If the settings are invalid.
    """
    settings = read_settings(Path.cwd())
    folder = settings.packages if call.packages is None else Path(call.packages)
    name = call.device or settings.device or DEFAULT
    report = Diagnostics()
    rows = []
    places = map(Path, call.specs or settings.specs)
    files = (specs_in(place) if place.is_dir() else [place] for place in places)
    for spec in map(Path.as_posix, chain.from_iterable(files)):
        row, compilation, problems = compile_row(spec, folder, name)
        report.extend(problems)
        state = StatusRow(spec, row.fits, row.cores, row.package, problems=row.problems)
        if compilation is not None and compilation.lowered is not None:
            beside = (Path(), folder.parent, folder, Path(spec).parent)
            state = _with_weights(state, compilation.lowered.network, beside)
        rows.append(state)
    return Status(tuple(rows), report.diagnostics)


def _with_weights(
    row: StatusRow, network: LogicalNetwork, places: Iterable[Path]
) -> StatusRow:
    """Add the newest weight file with the network's layout, and its accuracy."""
    wanted = layout_id(tensors(network))
    # Several of the places may be the same folder.
    files = {
        file.resolve(): file
        for place in places
        for file in place.glob("*.safetensors")
        if Path(file.stem).suffix not in STEPS_OF_TRAINING
    }
    newest = sorted(files.values(), key=lambda f: f.stat().st_mtime_ns, reverse=True)
    for file in newest:
        header = read_header(file, Diagnostics())
        if header is not None and header.layout_id == wanted:
            accuracy = recorded_accuracy(file)
            return replace(row, weights=file.as_posix(), accuracy=accuracy)
    return row

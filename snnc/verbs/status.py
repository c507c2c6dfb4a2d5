"""Report the state of a repository's networks, one row per spec: `snnc status`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.ir.layout import layout_id, tensors
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.passes import Compilation
from snnc.results.tables import Status, StatusRow
from snnc.syntax.files import specs_in
from snnc.text.arguments import FileName
from snnc.verbs.evaluate.last import recorded_accuracy
from snnc.verbs.report.folder import compile_row
from snnc.verbs.settings import read_settings
from snnc.weight_files.header import read_header

STEPS_OF_TRAINING = (".smooth", ".best")
"""The suffixes of weight files that training writes before it ends."""


def status(
    specs: Sequence[FileName] = (),
    packages: FileName | None = None,
    device: str | None = None,
) -> Status:
    """Return the state of specs: whether they fit, are built, trained and evaluated.

    Weights are looked for in the current folder, next to each spec, in the folder of
    the packages, and in the folder around it.

    Parameters
    ----------
    specs
        Files and folders; by default, those in ``[tool.snnc]`` of ``pyproject.toml``,
        or the folder ``specs``.
    packages
        The folder of the packages; by default, that in the settings, or ``models``.
    device
        ``loihi1`` or the path of a device file; by default, that in the settings.

    Raises
    ------
    ValueError
        If the settings are invalid.
    """
    settings = read_settings(Path.cwd())
    folder = settings.packages if packages is None else Path(packages)
    name = device or settings.device or DEFAULT
    profile = read_profile(name)
    report = Diagnostics()
    rows = []
    for spec in _files_of(map(Path, specs or settings.specs)):
        row, compilation, problems = compile_row(spec, folder, name, profile)
        report.extend(problems)
        state = StatusRow(spec, row.fits, row.cores, row.package, problems=row.problems)
        if compilation is not None and compilation.lowered is not None:
            places = (Path(), folder.parent, folder, Path(spec).parent)
            state = _with_weights(state, compilation, places)
        rows.append(state)
    return Status(tuple(rows), report.diagnostics)


def _files_of(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        files = specs_in(path) if path.is_dir() else [path]
        yield from (file.as_posix() for file in files)


def _with_weights(
    row: StatusRow, compilation: Compilation, places: Iterable[Path]
) -> StatusRow:
    """Add the newest weight file with the network's layout, and its accuracy."""
    assert compilation.lowered is not None
    wanted = layout_id(tensors(compilation.lowered.network))
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

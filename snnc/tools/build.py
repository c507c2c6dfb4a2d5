"""Write the package of a spec: `snnc build` for one spec, from Python."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from snnc import diagnostics
from snnc.loihi.profile import DEFAULT
from snnc.passes import Compilation, run_passes
from snnc.runtime.files import write_file
from snnc.tools.building import Check, Wanted, Write, build_specs
from snnc.tools.opening import FileName, SpecError
from snnc.tools.package import Package
from snnc.tools.spec import Spec, as_spec

MARK = "# Written by `Spec.build`, which replaces it; without this line it is yours.\n"


def build(
    spec: Spec | FileName,
    output: FileName = "models",
    device: str = DEFAULT,
    *,
    check: bool = False,
    force: bool = False,
) -> Package:
    """Write the package of a spec, or check that it is up to date.

    Generated files name their spec. A spec without a file, such as a changed spec, is
    written next to its package as ``OUTPUT/NAME.snn``.

    Parameters
    ----------
    spec
        A file, or a spec.
    output
        The folder that contains the packages' folders.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    check
        Whether to write nothing, and to raise an error if anything would change.
    force
        Whether to replace files that were edited by hand, and another spec's package.

    Returns
    -------
    Package
        The package in ``OUTPUT/NAME``.

    Raises
    ------
    SpecError
        If the network does not fit its chip, or its package can't be written.
    FileExistsError
        If the path for the spec has a file that `build` did not write.
    """
    spec, folder = as_spec(spec, device), Path(output)
    if not spec.fits:
        raise SpecError(spec.found.diagnostics)
    path = spec.path or _write_spec(spec, folder, check, force)
    device_name = None if spec.device == DEFAULT else spec.device
    wanted = Wanted(path.as_posix(), device_name, partial(_compile, spec))
    report = diagnostics.Diagnostics()
    action = Check() if check else Write(force)
    if not build_specs(
        [wanted],
        folder,
        action,
        lambda own: report.extend(own.diagnostics),
        sweep=False,
        force=force,
    ):
        raise SpecError(report.diagnostics)
    return Package(folder / spec.name)


def _compile(spec: Spec, report: diagnostics.Diagnostics) -> Compilation:
    report.extend(spec.found.diagnostics)
    return run_passes(replace(spec.made, routed=spec.routed), report, "emit")


def _write_spec(spec: Spec, output: Path, check: bool, force: bool) -> Path:
    """Write a spec without a file next to its package, unless another spec exists."""
    path = output / f"{spec.name}.{spec.notation}"
    text = MARK + spec.text
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before == text or check:
        return path
    if before is not None and not before.startswith(MARK) and not force:
        raise FileExistsError(f"{path} already exists; `force=True` replaces it")
    output.mkdir(parents=True, exist_ok=True)
    write_file(path, text)
    return path

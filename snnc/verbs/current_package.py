"""Find the package that `snnc train` trains, and build a missing one."""

from __future__ import annotations

import os
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.loihi.profile import read_profile
from snnc.output.imported import spec_of
from snnc.output.package import origin_of
from snnc.syntax.files import can_format
from snnc.verbs.build import Build, Tell, Wanted


def find_package(
    target: Path, packages: Path, device: str, report: Diagnostics, say: Tell
) -> Path | None:
    """Return the folder of a package that matches its spec.

    ``target`` is a package or a spec. If a spec has no package in ``packages``, build
    one. ``report`` receives the errors of the spec, and why a package is out of date or
    edited; in these cases, return None. A package whose spec was moved is not compared.
    """
    if can_format(target.as_posix()):
        return _package_of_spec(target, packages, device, report, say)
    spec = spec_of(target)
    if spec is None:
        return target
    origin = origin_of(target)
    own_device = origin.device if origin is not None else None
    # Messages name the spec as somebody in the current folder would type it.
    typed = Path(os.path.relpath(spec))
    folder = _package_of_spec(typed, target.parent, own_device or device, report, say)
    return None if folder is None else target


def _package_of_spec(
    spec: Path, packages: Path, device: str, report: Diagnostics, say: Tell
) -> Path | None:
    profile = read_profile(device)
    compilation = compile_file(spec, report, device=profile)
    if compilation is None or compilation.spec is None or compilation.modules is None:
        return None
    folder = packages / compilation.spec.spec.network
    if folder.exists():
        build = Build(packages, "check", finds_orphans=False)
    else:
        say(f"building {folder.as_posix()}, which does not exist")
        build = Build(packages, finds_orphans=False, say=say)
    # Its diagnostics are already in the report, so a build must not compile it again.
    wanted = Wanted(spec.as_posix(), device, lambda _: compilation)
    return folder if build.run([wanted], report.extend) else None

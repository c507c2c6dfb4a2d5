"""Packages of a few small files, written as a build writes them."""

from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.emit import GeneratedFile, Origin
from snnc.output.package import PackageFiles
from snnc.output.write import FileState, write_package

Written = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""The files that a build writes, removes and leaves unchanged."""
ORIGIN = Origin("specs/a.snn", "models")
LIBRARY_TEXT = """\
# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""
NAMES = ("a.py", "b.py", "py.typed", "snnc.lock")


def files(body: str = "X = 1\n", **more: str) -> list[GeneratedFile]:
    bodies = {"a.py": body, "b.py": "Y = 2\n", "py.typed": ""}
    bodies |= {f"{name}.py": text for name, text in more.items()}
    return [
        GeneratedFile(name, text).with_header(ORIGIN) for name, text in bodies.items()
    ]


def package_files(folder: Path, body: str = "X = 1\n", **more: str) -> PackageFiles:
    return PackageFiles.of(folder, files(body, **more), "f" * 64, ORIGIN)


def write(
    package: PackageFiles, force: bool = False
) -> tuple[Written | None, list[str]]:
    report = Diagnostics()
    done = write_package(package, report, force=force)
    codes = [diagnostic.code for diagnostic in report.diagnostics]
    if done is None:
        return None, codes
    return (done.written, done.removed, done.names(FileState.UNCHANGED)), codes


def build(
    folder: Path, body: str = "X = 1\n", force: bool = False
) -> tuple[Written | None, list[str]]:
    return write(package_files(folder, body), force)


def edit(path: Path) -> str:
    text = path.read_text() + "Z = 3\n"
    path.write_text(text)
    return text

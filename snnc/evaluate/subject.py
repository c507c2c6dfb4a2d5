"""The package that is evaluated, and what it says about itself."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from snnc.evaluate.refusals import OldPackageError
from snnc.exact.package import open_package
from snnc.exact.refusals import OtherLayoutError
from snnc.runtime.data import DataSpec


@dataclass(frozen=True)
class Subject:
    """A package that ``snnc build`` wrote, imported."""

    folder: Path
    network: ModuleType
    evaluate: ModuleType
    data: ModuleType
    layout: ModuleType

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def classifies(self) -> bool:
        """Whether the readout tells classes, and not values."""
        return hasattr(self.data, "CLASSES")

    @property
    def accepts(self) -> DataSpec:
        """The examples and labels that it reads."""
        data = self.data
        units = data.CLASSES if self.classifies else data.UNITS
        return DataSpec(data.SHAPE, data.LOW, data.HIGH, units, self.classifies)

    @cached_property
    def sources(self) -> dict[str, bytes]:
        """The package's modules by their names."""
        paths = sorted(self.folder.glob("*.py"))
        return {path.name: path.read_bytes() for path in paths}

    @property
    def hash(self) -> str:
        """A hash of the modules that decide what runs."""
        parts = (self.sources["nengo_network.py"], self.sources["layout.py"])
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def load_weights(self, path: Path) -> dict[str, Any]:
        """Return the tensors of a file.

        Raises
        ------
        OtherLayoutError
            If they are not of the package's layout.
        """
        try:
            tensors: dict[str, Any] = self.layout.load_weights(path)
        except self.layout.LayoutError as error:
            raise OtherLayoutError(error) from error
        return tensors


def open_subject(folder: Path) -> Subject:
    """Import the package in a folder.

    Raises
    ------
    snnc.exact.refusals.NoPackageError
        If there is none.
    OldPackageError
        If it lacks what an evaluation needs to know.
    """
    network = open_package(folder)

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"{network.__package__}.{name}")

    evaluate = module("evaluate")
    needed = ["DECIDE", *(["chip_work"] if "loihi" in evaluate.SIMULATORS else [])]
    if not all(hasattr(evaluate, name) for name in needed):
        raise OldPackageError(folder)
    return Subject(
        folder.resolve(), network, evaluate, module("_data"), module("layout")
    )

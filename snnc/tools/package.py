"""A generated package as an object: its modules, training, and tools."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from snnc.loihi.profile import DEFAULT
from snnc.output import imported
from snnc.output.package import PackageRecords
from snnc.text.display import Listed
from snnc.tools.adapt import adapt
from snnc.tools.calibrate import calibrate
from snnc.tools.evaluate.verb import evaluate, predict
from snnc.tools.opening import FileName
from snnc.tools.spec import Spec, load
from snnc.tools.training import train


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Package(Listed):
    """An opened package that `snnc.build` or ``snnc build`` wrote.

    Modules are imported under unique names, so two packages, or two builds of a
    package, never conflict. Building a package again does not change an open package.

    Parameters
    ----------
    folder : path
        The package's folder, such as ``models/drift``.
    spec : Spec, optional
        The spec from which the package must have been built.

    Attributes
    ----------
    folder : Path
        The absolute path of the package's folder.
    opened
        Internal: imports the package's modules.

    Raises
    ------
    ValueError
        If the folder is not a package, or the package has another version's format or
        was not built from ``spec``.
    """

    _internal = frozenset(("opened",))

    folder: Path
    opened: imported.ImportedPackage

    def __init__(self, folder: FileName, spec: Spec | None = None) -> None:
        opened = imported.open_package(folder)
        object.__setattr__(self, "opened", opened)
        object.__setattr__(self, "folder", opened.folder)
        lock = PackageRecords.of(self.folder).lock
        if spec is not None and lock.spec != spec.hash:
            does = f"`spec.build({os.fspath(self.folder.parent)!r})` does that"
            raise ValueError(
                f"{os.fspath(folder)} was not built from this spec: {does}"
            )

    @property
    def name(self) -> str:
        """The network's name."""
        return self.opened.name

    @property
    def keras_model(self) -> ModuleType:
        """``build_model``, ``compile_model``, and functions for a model's weights."""
        return self.opened.module("keras_model")

    @property
    def nengo_network(self) -> ModuleType:
        """``build_network``."""
        return self.opened.module("nengo_network")

    @property
    def layout(self) -> ModuleType:
        """``LAYOUT_ID``, ``TENSORS``, ``load_weights``, ``save_weights``."""
        return self.opened.module("layout")

    @property
    def network(self) -> ModuleType:
        """The network as data: ``DT``, ``PRESENT``, ``LAYERS``."""
        return self.opened.module("network")

    @cached_property
    def spec(self) -> Spec:
        """The spec from which the package was built.

        Raises
        ------
        ValueError
            If the spec was moved or changed since the build.
        SpecError
            If the spec now has errors.
        """
        lock = PackageRecords.of(self.folder).lock
        path = imported.spec_of(self.folder)
        if path is None:
            raise ValueError(f"the spec of {self.folder} was moved or removed")
        device = lock.origin.device if lock.origin is not None else None
        spec = load(path, device or DEFAULT)
        if spec.hash != lock.spec:
            raise ValueError(f"{path} has changed since {self.folder} was built")
        return spec

    train = train
    evaluate = evaluate
    predict = predict
    adapt = adapt
    calibrate = calibrate

    def __reduce__(self) -> tuple[Any, ...]:
        return Package, (self.folder,)

    def __repr__(self) -> str:
        return f"<snnc.Package {self.name} in {self.folder.as_posix()}>"

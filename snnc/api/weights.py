"""Inspect and scale weights in Python: `weights` and `calibrate`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from snnc import diagnostics
from snnc.api.display import Displayed
from snnc.api.packages import Package, as_package
from snnc.api.problems import Diagnostic, SpecError, public, require
from snnc.api.specs import FileName, Spec, as_spec
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.text.arguments import check_count, given_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.api.packages import GivenWeights
    from snnc.calibrate import Calibrated
    from snnc.ir.mapped import MappedNetwork
    from snnc.runtime.layout import Source
    from snnc.weights.listing import Listing


@dataclass(frozen=True, eq=False, repr=False)
class Weights(Displayed):
    """The tensors of a file and, with a spec, whether its network accepts them.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        The reasons why network or chip do not accept them.
    listing
        All that was found: internal.
    """

    _internal = frozenset(("listing",))

    diagnostics: tuple[Diagnostic, ...]
    listing: Listing

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor of the file."""
        return {name: t.shape for name, t in self.listing.header.tensors.items()}

    @property
    def fits(self) -> bool:
        """Whether network and chip accept them; True without a spec."""
        return not any(d.severity == "error" for d in self.diagnostics)

    def migrate(
        self,
        old: FileName,
        new: FileName,
        output: FileName,
        *,
        force: bool = False,
        device: str = DEFAULT,
    ) -> None:
        """Write the tensors that still fit a changed network; initialize the others.

        Parameters
        ----------
        old, new
            Files, or ``git:REV:PATH``: the spec of the weights, and the changed one.
        output
            The file to write; ``force`` replaces one.
        device
            The device that specs are compiled for.

        Raises
        ------
        SpecError
            If nothing was written, with the reason; also if the tensors are in no file.
        """
        from snnc.weights.migrate import migrate_file

        report, path = diagnostics.Report(), self.listing.header.path
        names = os.fspath(old), os.fspath(new)
        profile = read_profile(device)
        if migrate_file(path, *names, Path(output), force, report, profile) is None:
            raise SpecError(report.diagnostics)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``snnc weights --format json`` prints."""
        from snnc.weights.listing import document

        return document(self.listing)

    def __str__(self) -> str:
        from snnc.weights.listing import table

        return table(self.listing)

    def __repr__(self) -> str:
        path = self.listing.header.path.as_posix()
        return f"<snnc.Weights {path}: {len(self.shapes)} tensors>"


def weights(
    file: FileName | Mapping[str, NDArray[Any]],
    spec: Spec | FileName | None = None,
    device: str = DEFAULT,
) -> Weights:
    """Return the contents of a safetensors file, and whether it fits a network.

    Parameters
    ----------
    file : path or mapping
        The safetensors file, or tensors by name.
    spec
        A spec, or its file, to compare the weights with, including their rounding to
        the chip's integers.
    device
        The device to compile a file for: ``loihi1``, or a device's file.

    Raises
    ------
    SpecError
        If the file can't be read, or the network does not fit its chip.
    """
    require(("numpy", "safetensors"), "import", "weights")
    from snnc.weights.inspect import inspect

    report = diagnostics.Report()
    target = None if spec is None else as_spec(spec, device)
    if target is not None and target.made.mapped is None:
        raise SpecError(target.found.diagnostics)
    mapped = None if target is None else target.made.mapped
    with _stored(file, mapped) as path:
        listing = inspect(path, mapped, True, report, read_profile(device))
    if listing is None:
        raise SpecError(report.diagnostics)
    return Weights(public(report.diagnostics), listing)


@contextmanager
def _stored(
    weights: FileName | Mapping[str, NDArray[Any]], mapped: MappedNetwork | None
) -> Iterator[Path]:
    """Yield the file of weights; tensors are written to one, in the network's layout.

    Names and shapes are checked later.
    """
    weights = given_weights(weights)
    if isinstance(weights, Path):
        yield weights
        return
    import numpy as np
    from safetensors.numpy import save_file

    from snnc.ir.layout import layout_id, tensors

    metadata = {}
    if mapped is not None:
        metadata["layout_id"] = layout_id(tensors(mapped.lowered.network))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        arrays = {name: np.ascontiguousarray(t) for name, t in weights.items()}
        save_file(arrays, path, metadata=metadata)
        yield path


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Displayed):
    """Weights that keep layers within their rates, and their scales.

    Attributes
    ----------
    package : Package
        The package of the weights.
    diagnostics : tuple of Diagnostic
        The changes that the chip makes to them.
    found, source
        All measurements, and the origin of the weights: internal.
    """

    _internal = frozenset(("found", "source"))

    package: Package
    diagnostics: tuple[Diagnostic, ...]
    found: Calibrated
    source: Source | None

    @property
    def weights(self) -> dict[str, NDArray[Any]]:
        """The scaled tensors by name."""
        return dict(self.found.calibration.tensors)

    @property
    def scales(self) -> dict[str, float]:
        """The factor of each layer's weights."""
        return dict(self.found.calibration.scales)

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of the rates of each layer with these weights, in Hz."""
        after = self.found.calibration.after
        return {name: measured.rate for name, measured in after.items()}

    @property
    def missed(self) -> tuple[str, ...]:
        """The layers whose rates no scale brings within bounds."""
        return tuple(self.found.calibration.missed)

    def save(self, path: FileName) -> None:
        """Write the weights to a safetensors file, whole or not at all."""
        self.package.opened.layout.save(path, self.weights, self.source)

    def __str__(self) -> str:
        from snnc.calibrate import table

        return table(self.found)

    def __repr__(self) -> str:
        verdict = "all rates held" if not self.missed else f"not held: {self.missed}"
        return f"<snnc.Calibration of {self.package.name}: {verdict}>"


def calibrate(
    package: Package | FileName,
    x: Any,
    weights: GivenWeights,
    *,
    examples: int | None = None,
    device: str = DEFAULT,
) -> Calibration:
    """Scale weights so that each layer keeps its rates; outputs stay the same.

    Use it for imported weights: training scales its own.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), or a data file
        The examples to measure rates on, such as training data.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    examples
        Measure only this many, from the first on.
    device
        The device that the scaled weights are checked for.

    Raises
    ------
    ValueError
        If the network does not accept data or weights, or rates can't be held.
    SpecError
        If the chip can't store the scaled weights.
    ModuleNotFoundError
        If TensorFlow or Nengo are not installed.
    """
    source = given_weights(weights)
    check_count("examples", examples, 1)
    needed = ("numpy", "safetensors", "tensorflow", "nengo")
    require(needed, "keras,nengo", "calibrate")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow's log
    from snnc.calibrate import calibrate_package
    from snnc.tools.provenance import source_of

    package = as_package(package)
    report = diagnostics.Report()
    profile = read_profile(device)
    data = Path(x) if isinstance(x, str | os.PathLike) else x
    done = calibrate_package(package.folder, data, source, examples, report, profile)
    if report.errors:
        raise SpecError(report.diagnostics)
    return Calibration(package, public(report.diagnostics), done, source_of(source))

"""Scales weights from elsewhere: `snnc calibrate` in Python."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc import diagnostics
from snnc.api.display import Displayed
from snnc.api.needs import require
from snnc.api.packages import Package, as_package
from snnc.api.problems import Diagnostic, SpecError, public
from snnc.api.specs import FileName
from snnc.loihi.profile import DEFAULT, read_profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.api.packages import Weights
    from snnc.calibrate import Calibrated
    from snnc.runtime.layout import Source


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Displayed):
    """Weights with which layers keep to their rates, and what they were scaled by.

    Attributes
    ----------
    package : Package
        What they are for.
    diagnostics : tuple of Diagnostic
        What the chip changes of them.
    found, source
        All that was measured, and where the weights are from: internal.
    """

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
        """What the weights of each layer were multiplied by."""
        return dict(self.found.calibration.scales)

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of the rates of each layer with these weights, in Hz."""
        after = self.found.calibration.after
        return {name: measured.rate for name, measured in after.items()}

    @property
    def missed(self) -> tuple[str, ...]:
        """Layers whose rates are not held by any scale."""
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
    weights: Weights,
    *,
    examples: int | None = None,
    device: str = DEFAULT,
) -> Calibration:
    """Scale weights so that each layer keeps to its rates; outputs stay as they are.

    That is for weights from elsewhere, as training scales what it trains.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), or a data file
        What rates are measured on: data of training serve.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    examples
        Measure only the first so many.
    device
        What the scaled weights are checked for.

    Raises
    ------
    ValueError
        If data or weights are not what the network accepts, or rates can't be held.
    SpecError
        If the chip can't store the scaled weights.
    ModuleNotFoundError
        If TensorFlow or Nengo are not installed.
    """
    needed = ("numpy", "safetensors", "tensorflow", "nengo")
    require(needed, "keras,nengo", "calibrate")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    from snnc.calibrate import calibrate_package
    from snnc.runtime.layout import source_of

    package = as_package(package)
    report = diagnostics.Report()
    profile = read_profile(device)
    data = Path(x) if isinstance(x, str | os.PathLike) else x
    source = weights if isinstance(weights, Mapping) else Path(weights)
    done = calibrate_package(package.folder, data, source, examples, report, profile)
    if report.errors:
        raise SpecError(report.diagnostics)
    return Calibration(package, public(report.diagnostics), done, source_of(source))

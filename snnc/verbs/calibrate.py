"""Scale weights so that each layer's rates stay within bounds: `snnc calibrate`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.driver import compile_file
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id
from snnc.ir.layout import tensors as tensors_of
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.output.imported import CannotRunError, ImportedPackage, spec_of
from snnc.text.arguments import FileName, Tensors, check_count, given_weights
from snnc.text.display import Displayed, Json
from snnc.text.installing import require
from snnc.text.tables import TextTable
from snnc.views.evaluation import outside
from snnc.views.text import format_text
from snnc.views.weights import chip_table
from snnc.weight_files.inspect import on_chip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.results.weights import Precision
    from snnc.runtime.layout import Source
    from snnc.verbs.scaling import ScaledWeights
    from snnc.verbs.spike_comparison import SpikeComparison

WORSE = (
    "the scaled weights are significantly worse: {scores}; nothing is written: keep "
    "the given weights, or train them in the phases `scale` and `spikes`"
)


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Displayed):
    """Weights that keep each layer's rates within bounds, and the scales.

    Attributes
    ----------
    package
        Internal: the package of the weights.
    examples : int
        The number of examples whose rates were measured.
    comparison : SpikeComparison
        The quality of the given and of the scaled weights in spikes.
    diagnostics : tuple of Diagnostic
        Warnings about changes that the chip makes to the weights.
    precision : tuple of Precision, or None
        The precision of each layer on the chip; None without the package's spec.
    scaled, source
        Internal: all measurements, and the origin of the weights.
    """

    _internal = frozenset(("package", "scaled", "source"))

    package: ImportedPackage
    examples: int
    comparison: SpikeComparison
    scaled: ScaledWeights
    precision: tuple[Precision, ...] | None
    diagnostics: tuple[Diagnostic, ...]
    source: Source | None

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The scaled tensors by name."""
        return dict(self.scaled.tensors)

    @property
    def scales(self) -> dict[str, float]:
        """The factor of each layer's weights."""
        return dict(self.scaled.scales)

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of each layer's rates with the scaled weights, in Hz."""
        return {name: found.rate for name, found in self.scaled.after.items()}

    @property
    def missed(self) -> tuple[str, ...]:
        """The layers for which no scale brings the rates within bounds."""
        return tuple(self.scaled.missed)

    def save(self, path: FileName) -> None:
        """Write the weights to a safetensors file atomically."""
        self.package.layout.save(path, self.weights, self.source)

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc calibrate --format json``."""
        done, layers = self.scaled, self.package.network.layers
        return {
            "version": 1,
            "network": self.package.name,
            "examples": self.examples,
            "change": done.change,
            "spikes": self.comparison.as_dict(),
            "layers": [
                {
                    "name": name,
                    "percentile": layer.percentile,
                    "before": done.before[name].rate,
                    "after": done.after[name].rate,
                    "low": layer.low,
                    "high": layer.high,
                    "scale": done.scales[name],
                    "holds": name not in done.missed,
                    "not_scaled": done.fixed.get(name),
                }
                for name, layer in layers.items()
            ],
        }

    def __str__(self) -> str:
        rows = [_row(layer) for layer in self.as_dict()["layers"]]
        title = f"{self.package.name}, {self.examples} examples"
        change = f"outputs change by at most {self.scaled.change:.1g} of the largest"
        lines = [
            title,
            "",
            *TextTable.of(COLUMNS, rows, {"layer", ""}).lines(),
            "",
            change,
            str(self.comparison),
        ]
        if self.precision:
            lines += ["", format_text([chip_table(self.precision)])]
        return "\n".join(lines)

    def __repr__(self) -> str:
        verdict = "all rates held" if not self.missed else f"not held: {self.missed}"
        return f"<snnc.Calibration of {self.package.name}: {verdict}>"


def require_libraries() -> None:
    """Refuse to calibrate without TensorFlow and Nengo, like `require`."""
    needed = ("numpy", "safetensors", "tensorflow", "nengo")
    require(needed, "keras,nengo", "calibrate")


def calibrate(
    package: ImportedPackage,
    x: Any,
    weights: Tensors | FileName,
    *,
    y: Any = None,
    examples: int | None = None,
    device: str = DEFAULT,
) -> Calibration:
    """Scale weights so that rates stay within bounds; outputs stay the same.

    Raise ValueError if the network does not accept data or weights, if no scale brings
    the rates within bounds, or if the scaled weights are significantly worse in spikes.
    """
    source = given_weights(weights)
    check_count("examples", examples, 1)
    require_libraries()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages
    from snnc.verbs.evaluate.task import source_of  # imports of extras
    from snnc.verbs.scaling import scale_weights
    from snnc.verbs.spike_comparison import compare_in_spikes, draw_examples

    profile = read_profile(device)
    drawn = draw_examples(x, y, package.network, examples)
    tensors = package.layout.load(source)
    scaled = scale_weights(package, drawn.measured, tensors)
    report = Diagnostics()
    precision = _precision(package, scaled.tensors, report, profile)
    if report.errors:
        raise SpecError(report.diagnostics)
    comparison = compare_in_spikes(package, tensors, scaled.tensors, drawn.held_out)
    if comparison.is_worse:
        raise CannotRunError(WORSE.format(scores=comparison))
    return Calibration(
        package=package,
        examples=len(drawn.measured),
        comparison=comparison,
        scaled=scaled,
        precision=precision,
        diagnostics=report.diagnostics,
        source=source_of(source),
    )


def _precision(
    package: ImportedPackage, tensors: Tensors, report: Diagnostics, device: Profile
) -> tuple[Precision, ...] | None:
    """Return the precision of weights on the chip; None without the package's spec."""
    spec = spec_of(package.folder)
    made = None if spec is None else compile_file(spec, Diagnostics(), "place", device)
    if made is None or made.mapped is None:
        return None
    if layout_id(tensors_of(made.mapped.lowered.network)) != package.layout.id:
        return None
    return on_chip(made.mapped, tensors, report)


COLUMNS = ("layer", "percentile", "before", "after", "range", "scale", "")


def _row(layer: Json) -> tuple[str, ...]:
    from snnc.runtime.examples import check_budget, slack_of  # imports NumPy

    rate, bounds = layer["after"], (layer["low"], layer["high"])
    state = outside(rate, bounds, slack_of(bounds), check_budget(rate, bounds))
    fixed = layer["not_scaled"] and f"not scaled: {layer['not_scaled']}"
    return (
        layer["name"],
        f"{layer['percentile']:g}",
        f"{layer['before']:.0f} Hz",
        f"{rate:.0f} Hz",
        f"{bounds[0]:g}..{bounds[1]:g} Hz",
        f"{layer['scale']:.4g}",
        ", ".join(filter(None, (state, fixed))),
    )

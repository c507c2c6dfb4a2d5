"""snnc compiles a declarative spec of a spiking network into Keras and Nengo code.

The names in ``__all__`` are the interface; everything else is internal and may change.
Each name is imported on first use, so importing this package does not import
TensorFlow, Nengo, NumPy or pydantic.

>>> import snnc
>>> spec = snnc.load("specs/drift.snn")
>>> spec.replace(c0={"filters": 6}).report().cores
4
"""

from snnc.version import __version__ as __version__

# Type checkers treat this like `typing.TYPE_CHECKING`, which is slow to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from snnc.diagnostics import Diagnostic as Diagnostic
    from snnc.results.diff import Diff as Diff
    from snnc.results.fit import Fit as Fit
    from snnc.results.tables import Status as Status
    from snnc.results.weights import Weights as Weights
    from snnc.tools.building import build as build
    from snnc.tools.calibrate import Calibration as Calibration
    from snnc.tools.calibrate import calibrate as calibrate
    from snnc.tools.evaluate.evaluation import Evaluation as Evaluation
    from snnc.tools.evaluate.verb import evaluate as evaluate
    from snnc.tools.evaluate.verb import predict as predict
    from snnc.tools.exchange import export_nir as export_nir
    from snnc.tools.exchange import import_keras as import_keras
    from snnc.tools.opening import SpecError as SpecError
    from snnc.tools.package import Package as Package
    from snnc.tools.report.network import Report as Report
    from snnc.tools.spec import Spec as Spec
    from snnc.tools.spec import load as load
    from snnc.tools.spec import parse as parse
    from snnc.tools.status import status as status
    from snnc.tools.sweep import sweep as sweep
    from snnc.tools.sweep_results import Sweep as Sweep
    from snnc.tools.training import Training as Training
    from snnc.tools.training import train as train
    from snnc.tools.verbs import check as check
    from snnc.tools.verbs import convert as convert
    from snnc.tools.verbs import demo as demo
    from snnc.tools.verbs import diff as diff
    from snnc.tools.verbs import explain as explain
    from snnc.tools.verbs import fit as fit
    from snnc.tools.verbs import fmt as fmt
    from snnc.tools.verbs import init as init
    from snnc.tools.verbs import limits as limits
    from snnc.tools.verbs import plot as plot
    from snnc.tools.verbs import report as report
    from snnc.tools.verbs import schema as schema
    from snnc.tools.weights import migrate as migrate
    from snnc.tools.weights import weights as weights

_HOMES = {
    "snnc.diagnostics": ("Diagnostic",),
    "snnc.tools.building": ("build",),
    "snnc.tools.calibrate": ("Calibration", "calibrate"),
    "snnc.results.diff": ("Diff",),
    "snnc.tools.evaluate.evaluation": ("Evaluation",),
    "snnc.tools.evaluate.verb": ("evaluate", "predict"),
    "snnc.tools.exchange": ("export_nir", "import_keras"),
    "snnc.results.fit": ("Fit",),
    "snnc.tools.opening": ("SpecError",),
    "snnc.tools.package": ("Package",),
    "snnc.tools.report.network": ("Report",),
    "snnc.tools.spec": ("Spec", "load", "parse"),
    "snnc.results.tables": ("Status",),
    "snnc.tools.status": ("status",),
    "snnc.tools.sweep": ("sweep",),
    "snnc.tools.sweep_results": ("Sweep",),
    "snnc.tools.training": ("Training", "train"),
    "snnc.tools.verbs": (
        "check", "convert", "demo", "diff", "explain", "fit", "fmt", "init", "limits",
        "plot", "report", "schema",
    ),
    "snnc.results.weights": ("Weights",),
    "snnc.tools.weights": ("migrate", "weights"),
}  # fmt: skip
"""The modules that define the names of the interface."""

__all__ = sorted(name for names in _HOMES.values() for name in names)


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            import importlib  # slow to import

            import snnc.views  # noqa: F401 - the writers of results

            value = getattr(importlib.import_module(module), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__])

"""snnc compiles a declarative spec of a spiking network into Keras and Nengo code.

The names in ``__all__`` are the interface; everything else is internal and may change.
Each name is imported on first use, so importing this package does not import
TensorFlow, Nengo, NumPy or pydantic.

>>> import snnc
>>> spec = snnc.load("specs/drift.snn")
>>> spec.replace(c0={"filters": 6}).report().cores
4
"""

from snnc.text.version import __version__ as __version__

# Type checkers treat this like `typing.TYPE_CHECKING`, which is slow to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from snnc.diagnostics import Diagnostic as Diagnostic
    from snnc.diagnostics.spec_error import SpecError as SpecError
    from snnc.interface.functions import build as build
    from snnc.interface.functions import check as check
    from snnc.interface.functions import convert as convert
    from snnc.interface.functions import demo as demo
    from snnc.interface.functions import diff as diff
    from snnc.interface.functions import explain as explain
    from snnc.interface.functions import export_nir as export_nir
    from snnc.interface.functions import fit as fit
    from snnc.interface.functions import fmt as fmt
    from snnc.interface.functions import import_keras as import_keras
    from snnc.interface.functions import init as init
    from snnc.interface.functions import limits as limits
    from snnc.interface.functions import plot as plot
    from snnc.interface.functions import report as report
    from snnc.interface.functions import schema as schema
    from snnc.interface.functions import weights as weights
    from snnc.interface.objects import Package as Package
    from snnc.interface.objects import Spec as Spec
    from snnc.interface.objects import calibrate as calibrate
    from snnc.interface.objects import evaluate as evaluate
    from snnc.interface.objects import load as load
    from snnc.interface.objects import parse as parse
    from snnc.interface.objects import predict as predict
    from snnc.interface.objects import train as train
    from snnc.interface.sweep import sweep as sweep
    from snnc.results.calibration import Calibration as Calibration
    from snnc.results.diff import Diff as Diff
    from snnc.results.evaluation import Evaluation as Evaluation
    from snnc.results.fit import Fit as Fit
    from snnc.results.report import Report as Report
    from snnc.results.sweep import Sweep as Sweep
    from snnc.results.tables import Status as Status
    from snnc.results.training import Training as Training
    from snnc.results.weights import Weights as Weights
    from snnc.verbs.status import status as status
    from snnc.verbs.weights import migrate as migrate

_HOMES = {
    "snnc.diagnostics": ("Diagnostic",),
    "snnc.diagnostics.spec_error": ("SpecError",),
    "snnc.interface.functions": (
        "build", "check", "convert", "demo", "diff", "explain", "export_nir",
        "fit", "fmt", "import_keras", "init", "limits", "plot", "report",
        "schema", "weights",
    ),
    "snnc.interface.objects": (
        "Package", "Spec", "calibrate", "evaluate", "load", "parse", "predict",
        "train",
    ),
    "snnc.results.calibration": ("Calibration",),
    "snnc.results.diff": ("Diff",),
    "snnc.results.fit": ("Fit",),
    "snnc.results.report": ("Report",),
    "snnc.results.tables": ("Status",),
    "snnc.verbs.status": ("status",),
    "snnc.interface.sweep": ("sweep",),
    "snnc.results.sweep": ("Sweep",),
    "snnc.results.weights": ("Weights",),
    "snnc.verbs.weights": ("migrate",),
    "snnc.results.evaluation": ("Evaluation",),
    "snnc.results.training": ("Training",),
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

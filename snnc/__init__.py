"""snnc compiles a declarative spec of a spiking network into Keras and Nengo code.

The names in ``__all__`` are the interface; everything else is internal and may change.
Each is imported when it is first used: importing this package imports none of
tensorflow, nengo, numpy or pydantic.

>>> import snnc
>>> spec = snnc.load("specs/drift.snn")
>>> spec.replace(c0={"filters": 6}).report().cores
4
"""

import sys
from types import ModuleType

__version__ = "0.2.0"

# Type checkers take it for `typing.TYPE_CHECKING`, whose import takes time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from snnc.api.builds import build as build
    from snnc.api.builds import convert as convert
    from snnc.api.builds import demo as demo
    from snnc.api.builds import explain as explain
    from snnc.api.builds import fmt as fmt
    from snnc.api.builds import init as init
    from snnc.api.builds import limits as limits
    from snnc.api.builds import schema as schema
    from snnc.api.comparisons import Diff as Diff
    from snnc.api.comparisons import Fit as Fit
    from snnc.api.comparisons import diff as diff
    from snnc.api.comparisons import fit as fit
    from snnc.api.evaluations import Evaluation as Evaluation
    from snnc.api.evaluations import evaluate as evaluate
    from snnc.api.evaluations import predict as predict
    from snnc.api.models import export_nir as export_nir
    from snnc.api.models import import_keras as import_keras
    from snnc.api.packages import Package as Package
    from snnc.api.packages import Training as Training
    from snnc.api.pictures import plot as plot
    from snnc.api.problems import Diagnostic as Diagnostic
    from snnc.api.problems import SpecError as SpecError
    from snnc.api.reports import Report as Report
    from snnc.api.reports import report as report
    from snnc.api.specs import Spec as Spec
    from snnc.api.specs import check as check
    from snnc.api.specs import load as load
    from snnc.api.specs import parse as parse
    from snnc.api.sweeps import Sweep as Sweep
    from snnc.api.sweeps import sweep as sweep
    from snnc.api.weights import Calibration as Calibration
    from snnc.api.weights import Weights as Weights
    from snnc.api.weights import calibrate as calibrate
    from snnc.api.weights import weights as weights

_HOMES = {
    "builds": (
        "build",
        "convert",
        "demo",
        "explain",
        "fmt",
        "init",
        "limits",
        "schema",
    ),
    "comparisons": ("Diff", "Fit", "diff", "fit"),
    "evaluations": ("Evaluation", "evaluate", "predict"),
    "models": ("export_nir", "import_keras"),
    "packages": ("Package", "Training"),
    "pictures": ("plot",),
    "problems": ("Diagnostic", "SpecError"),
    "reports": ("Report", "report"),
    "specs": ("Spec", "check", "load", "parse"),
    "sweeps": ("Sweep", "sweep"),
    "weights": ("Calibration", "Weights", "calibrate", "weights"),
}
"""The modules of `snnc.api`, each with the names that it defines."""

__all__ = [
    "Calibration",
    "Diagnostic",
    "Diff",
    "Evaluation",
    "Fit",
    "Package",
    "Report",
    "Spec",
    "SpecError",
    "Sweep",
    "Training",
    "Weights",
    "build",
    "calibrate",
    "check",
    "convert",
    "demo",
    "diff",
    "evaluate",
    "explain",
    "export_nir",
    "fit",
    "fmt",
    "import_keras",
    "init",
    "limits",
    "load",
    "parse",
    "plot",
    "predict",
    "report",
    "schema",
    "sweep",
    "weights",
]


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            import importlib

            value = getattr(importlib.import_module(f"snnc.api.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__])


class _Interface(ModuleType):
    """Keeps functions such as `diff` when packages of the same name are imported.

    Importing ``snnc.diff.version`` would set ``snnc.diff`` to the package; all of snnc
    finds the package by its full name instead.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in __all__):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Interface

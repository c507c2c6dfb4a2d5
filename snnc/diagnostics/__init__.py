"""Represent problems as data, and print them.

`diagnostic.Diagnostic` is the base class of every rule. `diagnostic.Diagnostics`
collects the problems of one run. `diagnostic_text` and `machine_formats` print
diagnostics. Imports only `source` and the folders below it in the layering.
"""

from snnc.diagnostics.diagnostic import (
    Diagnostic,
    Diagnostics,
    Fix,
    Label,
    LayerDiagnostic,
    LayerWarning,
    Severity,
    SpecWarning,
)

__all__ = [
    "Diagnostic",
    "Diagnostics",
    "Fix",
    "Label",
    "LayerDiagnostic",
    "LayerWarning",
    "Severity",
    "SpecWarning",
]

"""Represent problems as data, and print them.

`diagnostic.Diagnostic` is the base class of every rule. `diagnostic.Diagnostics`
collects the problems of one run. `diagnostic_text` and `machine_formats` print
diagnostics. Imports only `source` and the folders below it in the layering.
"""

from snnc.diagnostics.diagnostic import Diagnostic as Diagnostic
from snnc.diagnostics.diagnostic import Diagnostics as Diagnostics
from snnc.diagnostics.diagnostic import Fix as Fix
from snnc.diagnostics.diagnostic import Label as Label
from snnc.diagnostics.diagnostic import LayerDiagnostic as LayerDiagnostic
from snnc.diagnostics.diagnostic import LayerWarning as LayerWarning
from snnc.diagnostics.diagnostic import Severity as Severity
from snnc.diagnostics.diagnostic import SpecWarning as SpecWarning

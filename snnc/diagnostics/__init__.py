"""Problems as data: what they say, where they point, how they print.

`diagnostic.Diagnostic` is the base of every rule. `diagnostic.Diagnostics` collects the
problems of one run. `diagnostic_text` and `machine_formats` write them. This package
imports only `source` and lower packages.
"""

from snnc.diagnostics.diagnostic import Diagnostic, Diagnostics, Fix, Label, Severity

__all__ = ["Diagnostic", "Diagnostics", "Fix", "Label", "Severity"]

"""Problems as data: what they say, where they point, how they print.

`diagnostic.Diagnostic` is the base of every rule, `diagnostic.Report` gathers what a
run finds, `diagnostic_text` and `machine_formats` write it. Knows no rule and no
notation: imports `source` and what is below.
"""

from snnc.diagnostics.diagnostic import Diagnostic, Fix, Label, Report, Severity

__all__ = ["Diagnostic", "Fix", "Label", "Report", "Severity"]

"""Problems as data: what they say, where they point, how they print.

`diagnostic.Diagnostic` is the base of every rule, `report.Report` gathers what a run
finds, `text`, `json`, `github` and `sarif` write it. Knows no rule and no notation.
"""

from snnc.diagnostics.diagnostic import Diagnostic, Fix, Label, Severity
from snnc.diagnostics.report import Report

__all__ = ["Diagnostic", "Fix", "Label", "Report", "Severity"]

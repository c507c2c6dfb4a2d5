"""Problems as data: what they say, where they point, how they print."""

from snnc.diagnostics.diagnostic import Diagnostic, Fix, Label, Severity
from snnc.diagnostics.report import Report

__all__ = ["Diagnostic", "Fix", "Label", "Report", "Severity"]

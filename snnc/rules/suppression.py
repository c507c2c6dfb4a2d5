"""Comments that allow a warning: ``# snnc: allow CODE reason``."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity


class UnusedAllow(Diagnostic):
    """A comment allows a warning that is not there.

    `# snnc: allow SNN309 reason` silences warnings of that code on the statement or
    property below it, or on the line that it ends. Here there is none of that code,
    so the comment says something that is no longer true. It is reported only if
    every check has run, that is, if the spec has no errors.
    """

    code = "SNN140"
    title = "allowed warning that is not there"
    severity = Severity.WARNING
    message = "there is no {allowed} to allow here"
    label = "allows nothing"
    help = "remove the comment"

    allowed: str


class AllowWithoutReason(Diagnostic):
    """A comment allows a warning and does not say why.

    The reason is for the next reader, who has to decide whether it still holds.
    """

    code = "SNN141"
    title = "warning allowed without a reason"
    severity = Severity.WARNING
    message = "the comment does not say why {allowed} is allowed"
    label = "expected a reason after the code"
    help = "write `# snnc: allow {allowed}` and the reason"

    allowed: str


class AllowUnknownCode(Diagnostic):
    """A comment allows a code that snnc does not have."""

    code = "SNN142"
    title = "unknown code allowed"
    severity = Severity.WARNING
    message = "there is no code `{allowed}`"
    label = "unknown"
    help = "{hint}"

    allowed: str
    near: str | None

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean {self.near}?"
        return "write the code of the warning, such as SNN309"


class AllowError(Diagnostic):
    """A comment allows an error.

    Errors stop a build because what they report can't run; only warnings can be
    allowed.
    """

    code = "SNN143"
    title = "error allowed"
    severity = Severity.WARNING
    message = "{allowed} is an error, and errors can't be allowed"
    label = "an error"
    help = "remove the comment; `snnc explain {allowed}` says what mends the error"

    allowed: str


class UnknownDirective(Diagnostic):
    """A comment begins with `snnc:`, but is no instruction that snnc knows.

    There is one: `# snnc: allow CODE reason`.
    """

    code = "SNN144"
    title = "unknown instruction in a comment"
    severity = Severity.WARNING
    message = "the comment is no instruction that snnc knows"
    label = "not understood"
    help = "write `# snnc: allow CODE reason`"

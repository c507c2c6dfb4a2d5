"""Rules for comments that allow a warning: ``# snnc: allow CODE reason``."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity


class UnusedAllow(Diagnostic):
    """Checks for comments that allow warnings which don't occur.

    `# snnc: allow SNN309 reason` suppresses warnings with this code on the statement or
    property below the comment, or on the comment's line. Without such a warning, the
    comment is outdated. The rule runs only if all checks have run, which requires a
    spec without errors.
    """

    code = "SNN140"
    title = "unused suppression"
    severity = Severity.WARNING
    message = "there is no {allowed} to allow here"
    label = "no effect"
    help = "remove the comment"

    allowed: str


class AllowWithoutReason(Diagnostic):
    """Checks that a comment that allows a warning gives a reason.

    Readers need the reason to decide whether the exception still applies.
    """

    code = "SNN141"
    title = "suppression without a reason"
    severity = Severity.WARNING
    message = "the comment gives no reason for allowing {allowed}"
    label = "expected a reason after the code"
    help = "write `# snnc: allow {allowed}` and the reason"

    allowed: str


class AllowUnknownCode(Diagnostic):
    """Checks that a comment allows an existing code."""

    code = "SNN142"
    title = "suppression of an unknown code"
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
    """Checks for comments that allow an error.

    An error stops the build, because the network couldn't run. Only warnings can be
    allowed.
    """

    code = "SNN143"
    title = "suppression of an error"
    severity = Severity.WARNING
    message = "{allowed} is an error, and errors can't be allowed"
    label = "an error"
    help = "remove the comment; `snnc explain {allowed}` says how to fix the error"

    allowed: str


class UnknownDirective(Diagnostic):
    """Checks comments that begin with `snnc:`.

    The only instruction is `# snnc: allow CODE reason`.
    """

    code = "SNN144"
    title = "unknown instruction in a comment"
    severity = Severity.WARNING
    message = "snnc does not know this instruction"
    label = "not an instruction"
    help = "write `# snnc: allow CODE reason`"

"""Rules for comments that allow a warning: ``# snnc: allow CODE reason``."""

from __future__ import annotations

from snnc.diagnostics import SpecWarning


class UnusedAllow(SpecWarning):
    """Checks for comments that suppress a warning that does not occur.

    `# snnc: allow SNN309 reason` suppresses warnings with this code on the same line,
    or on the statement or property below. If there is no such warning, the comment is
    out of date. This rule runs only if the spec has no errors, because an error may
    hide the warning.
    """

    code = "SNN140"
    title = "unused suppression"
    message = "there is no {allowed} to suppress here"
    label = "no effect"
    help = "remove the comment"

    allowed: str


class AllowWithoutReason(SpecWarning):
    """Checks that a comment that suppresses a warning gives a reason.

    Readers need the reason to decide whether the suppression still applies.
    """

    code = "SNN141"
    title = "suppression without a reason"
    message = "the comment gives no reason for suppressing {allowed}"
    label = "expected a reason after the code"
    help = "write the reason after `# snnc: allow {allowed}`"

    allowed: str


class AllowUnknownCode(SpecWarning):
    """Checks that the code in a suppression comment exists."""

    code = "SNN142"
    title = "suppression of an unknown code"
    message = "there is no code `{allowed}`"
    label = "unknown"

    allowed: str
    near: str | None

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean {self.near}?"
        return "write the code of the warning, such as SNN309"


class AllowError(SpecWarning):
    """Checks for comments that suppress an error.

    An error stops the build, since the network could not run. Only warnings can be
    suppressed.
    """

    code = "SNN143"
    title = "suppression of an error"
    message = "{allowed} is an error, and only warnings can be suppressed"
    label = "an error"
    help = "remove the comment; `snnc explain {allowed}` says how to fix the error"

    allowed: str


class UnknownDirective(SpecWarning):
    """Checks for comments that begin with `snnc:` and an unknown instruction.

    The only instruction is `# snnc: allow CODE reason`.
    """

    code = "SNN144"
    title = "unknown instruction in a comment"
    message = "there is no such instruction"
    label = "not an instruction"
    help = "write `# snnc: allow CODE reason`"

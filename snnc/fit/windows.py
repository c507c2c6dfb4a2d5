"""Which window would do in place of one that is larger than what it slides over."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diagnostics import Report
from snnc.fit.trials import Change, with_changes
from snnc.ir.device import Profile
from snnc.language.model import ValidatedSpec
from snnc.passes.resolve import resolve
from snnc.passes.resolve.drafts import draft_layers
from snnc.passes.verify import verify
from snnc.rules.windows import KernelTooLarge

NOTHING = "keep more of it with smaller strides and kernels before, or a larger input"
BEHIND = ", which leaves enough for the layers behind it"


@dataclass(frozen=True, slots=True)
class Trial:
    """A spec of which nothing but a window is wrong, for a device."""

    spec: ValidatedSpec
    device: Profile

    def holds(self, change: Change) -> bool:
        """Whether nothing is wrong with the network after a change."""
        report = Report()
        network = resolve(with_changes(self.spec, (change,)), self.device, report)
        if network is not None and not report.errors:
            verify(network, report)
        return not report.errors


def advise_windows(spec: ValidatedSpec, device: Profile, report: Report) -> None:
    """Say of a window that is too large which one the whole network can have.

    Nothing is said anew where something else is wrong: then nothing can be tried.
    """
    trial = Trial(spec, device)
    too_large = [d for d in report.diagnostics if isinstance(d, KernelTooLarge)]
    if len(too_large) != 1 or report.errors != 1 or not spec.sound:
        return
    (refused,) = too_large
    if refused.channels_last is not None:
        return
    names = [draft.name for draft in draft_layers(spec, Report())]
    position = names.index(refused.name)
    largest = _largest(trial, position, refused)
    remedies = []
    if largest is not None:
        rest = "" if largest.value == refused.legal else BEHIND
        remedies.append(f"`{largest.text}`{rest}")
    if refused.can_pad:
        padded = Change(position, refused.name, "padding", "same")
        remedies += [f"`{padded.text}`"] if trial.holds(padded) else []
    hint = f"write {', or '.join(remedies)}" if remedies else NOTHING
    report.withdraw(refused)
    report.add(refused.but(hint=hint))


def _largest(trial: Trial, position: int, refused: KernelTooLarge) -> Change | None:
    """The largest window with which nothing is wrong, found by halving."""

    def change(size: int) -> Change:
        window = tuple(min(size, most) for most in refused.legal)
        return Change(position, refused.name, refused.what, window)

    low, high = 0, max(refused.legal) + 1
    size = high - 1
    while high - low > 1:
        low, high = (size, high) if trial.holds(change(size)) else (low, size)
        size = (low + high) // 2
    return change(low) if low else None

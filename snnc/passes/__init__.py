"""The compiler: the passes that turn a spec into a package.

`PIPELINE` lists them in order, and docs/architecture.md describes each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from snnc import rules
from snnc.diagnostics import Diagnostics
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalNetwork
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.language.model import ValidatedSpec
from snnc.language.tree import Document
from snnc.loihi.plan import PlanCache
from snnc.passes.lower import lower
from snnc.passes.parse import parse
from snnc.passes.place import place
from snnc.passes.resolve import resolve
from snnc.passes.validate import validate
from snnc.passes.verify import verify
from snnc.source import SourceFile

if TYPE_CHECKING:
    from snnc.emit.files import GeneratedFile
    from snnc.ir.mapped import RoutedNetwork

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Compilation:
    """The results so far for a spec and a device.

    A result is None if its pass did not run, because it was not requested or an earlier
    pass found an error. ``cache`` contains plans for other specs on the same device.
    """

    source: SourceFile
    device: Profile
    cache: PlanCache | None = None
    document: Document | None = None
    spec: ValidatedSpec | None = None
    network: LogicalNetwork | None = None
    lowered: LoweredNetwork | None = None
    mapped: MappedNetwork | None = None
    routed: RoutedNetwork | None = None
    modules: tuple[GeneratedFile, ...] | None = None


class Pass(NamedTuple):
    """One step of the compiler, which computes the result called ``makes``.

    ``tolerant`` passes also run on the valid part of a spec with errors, so that one
    run reports all errors. Other passes need a valid input.
    """

    name: str
    makes: str
    run: Callable[[Compilation, Diagnostics], object]
    tolerant: bool = False


def completed(result: Result | None) -> Result:
    """Return the result of a step, such as a pass, that has run without errors."""
    assert result is not None, "the step has run"
    return result


def route_network(mapped: MappedNetwork) -> RoutedNetwork:
    """Assign cores to chips; never report a problem."""
    # Import late: a check does not assign chips.
    from snnc.passes.route import route

    return route(mapped)


def _emit(routed: RoutedNetwork) -> tuple[GeneratedFile, ...]:
    # Import late: only `snnc build` uses the templates.
    from snnc.emit.package import package_modules

    return package_modules(routed)


PIPELINE = (
    Pass("parse", "document", lambda c, r: parse(c.source, r), tolerant=True),
    Pass(
        "validate",
        "spec",
        lambda c, r: validate(completed(c.document), r),
        tolerant=True,
    ),
    Pass(
        "resolve",
        "network",
        lambda c, r: resolve(completed(c.spec), c.device, r),
        tolerant=True,
    ),
    Pass(
        "verify", "network", lambda c, r: verify(completed(c.network), r), tolerant=True
    ),
    Pass("lower", "lowered", lambda c, r: lower(completed(c.network))),
    Pass("place", "mapped", lambda c, r: place(completed(c.lowered), r, c.cache)),
    Pass("route", "routed", lambda c, r: route_network(completed(c.mapped))),
    Pass("emit", "modules", lambda c, r: _emit(completed(c.routed))),
)


def run_passes(
    compilation: Compilation, report: Diagnostics, through: str
) -> Compilation:
    """Run all passes without a result, up to and including the pass ``through``.

    Stop if errors in ``report`` prevent the next pass. An existing network is not
    verified again.

    Raises
    ------
    ValueError
        If no pass is called ``through``.
    """
    last = [step.name for step in PIPELINE].index(through)
    steps = PIPELINE[: last + 1]
    # Choose the passes before the first runs: `verify` replaces what `resolve` makes.
    for step in [s for s in steps if getattr(compilation, s.makes) is None]:
        if report.errors and not step.tolerant:
            break
        result: dict[str, Any] = {step.makes: step.run(compilation, report)}
        compilation = replace(compilation, **result)
        if getattr(compilation, step.makes) is None:
            break
    if report.full:
        span = compilation.source.whole.after
        limit = report.limit
        report.extend([rules.syntax.TooManyProblems(span=span, limit=limit)])
    return compilation


def allow_warnings(
    compilation: Compilation, report: Diagnostics, complete: bool | None = None
) -> None:
    """Suppress the warnings that comments in the spec allow.

    ``complete`` says whether all warnings are known; by default, this is the case after
    the mapping.
    """
    if compilation.document is not None and compilation.document.comments:
        from snnc.passes.suppress import suppress_warnings  # needed for few specs

        complete = compilation.mapped is not None if complete is None else complete
        suppress_warnings(compilation.document, report, complete=complete)

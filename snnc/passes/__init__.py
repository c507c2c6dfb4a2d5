"""The compiler, as the passes that a spec goes through.

======== ======================== ============================================
pass     what it makes            what happens
======== ======================== ============================================
parse    `Compilation.document`   text becomes located syntax
validate `Compilation.spec`       statements become a checked spec
resolve  `Compilation.network`    names, order, defaults and shapes
verify   the same network         rules over the whole of it
lower    `Compilation.lowered`    pools and joins go into their readers
place    `Compilation.mapped`     ensembles, blocks and cores
route    `Compilation.routed`     chips, and spikes from core to core
emit     `Compilation.modules`    the files of the generated package
======== ======================== ============================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from snnc.diagnostics import Diagnostic, Report
from snnc.ir.device import Profile
from snnc.ir.logical import Network
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
from snnc.source import SourceFile, Span

if TYPE_CHECKING:
    from snnc.emit.files import Module
    from snnc.ir.mapped import RoutedNetwork

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Compilation:
    """The results so far for a spec and a device.

    A result is None if its pass has not run: it was not requested, or an error came
    before it. ``cache`` has the results of mappings of other specs for the device.
    """

    source: SourceFile
    device: Profile
    cache: PlanCache | None = None
    document: Document | None = None
    spec: ValidatedSpec | None = None
    network: Network | None = None
    lowered: LoweredNetwork | None = None
    mapped: MappedNetwork | None = None
    routed: RoutedNetwork | None = None
    modules: tuple[Module, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """One step of the compiler: adds what it ``makes`` to a compilation.

    ``tolerant`` passes also run on the valid part of a spec with errors, so that one
    run reports all of them; the others need a valid input.
    """

    name: str
    makes: str
    run: Callable[[Compilation, Report], Compilation]
    tolerant: bool = False


def _before(made: Made | None) -> Made:
    """Return the previous pass's result; no pass runs without it."""
    assert made is not None
    return made


def _route(mapped: MappedNetwork) -> RoutedNetwork:
    """Return cores on chips; reports nothing."""
    # A check needs no chips.
    from snnc.passes.route import route

    return route(mapped)


def _emit(routed: RoutedNetwork) -> tuple[Module, ...]:
    """Return the files of the package; reports nothing."""
    # Only `snnc build` emits: other commands must not wait for the templates.
    from snnc.emit.package import package_modules

    return package_modules(routed)


PIPELINE = (
    Pass(
        "parse",
        "document",
        lambda c, report: replace(c, document=parse(c.source, report)),
        tolerant=True,
    ),
    Pass(
        "validate",
        "spec",
        lambda c, report: replace(c, spec=validate(_before(c.document), report)),
        tolerant=True,
    ),
    Pass(
        "resolve",
        "network",
        lambda c, report: replace(
            c, network=resolve(_before(c.spec), c.device, report)
        ),
        tolerant=True,
    ),
    Pass(
        "verify",
        "network",
        lambda c, report: replace(c, network=verify(_before(c.network), report)),
        tolerant=True,
    ),
    Pass(
        "lower",
        "lowered",
        lambda c, report: replace(c, lowered=lower(_before(c.network), report)),
    ),
    Pass(
        "place",
        "mapped",
        lambda c, report: replace(c, mapped=place(_before(c.lowered), report, c.cache)),
    ),
    Pass(
        "route",
        "routed",
        lambda c, report: replace(c, routed=_route(_before(c.mapped))),
    ),
    Pass(
        "emit",
        "modules",
        lambda c, report: replace(c, modules=_emit(_before(c.routed))),
    ),
)


PASSES = frozenset(step.name for step in PIPELINE)


def run_passes(made: Compilation, report: Report, through: str) -> Compilation:
    """Run the passes up to and including one of them, but not those with a result.

    They end where errors in ``report`` prevent the next one. An existing network counts
    as verified.

    Raises
    ------
    ValueError
        If no pass has the name.
    """
    if through not in PASSES:
        raise ValueError(f"no pass is called {through}")
    names = [step.name for step in PIPELINE]
    steps = PIPELINE[: names.index(through) + 1]
    for step in [s for s in steps if getattr(made, s.makes) is None]:
        if report.errors and not step.tolerant:
            break
        made = step.run(made, report)
        if getattr(made, step.makes) is None:
            break
    if report.full:
        report.extend([_more(made.source, report)])
    return made


def _more(source: SourceFile, report: Report) -> Diagnostic:
    """Say that there may be more problems."""
    from snnc.rules.syntax import TooManyProblems

    end = len(source.text)
    return TooManyProblems(span=Span(source, end, end), limit=report.limit)

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
from snnc.language.located import ValidatedSpec
from snnc.language.tree import Document
from snnc.loihi.plan import Known
from snnc.passes.emit import emit
from snnc.passes.lower import lower
from snnc.passes.parse import parse
from snnc.passes.place import place
from snnc.passes.resolve import resolve
from snnc.passes.validate import validate
from snnc.passes.verify import verify
from snnc.source import SourceFile, Span

if TYPE_CHECKING:
    from snnc.emit.files import Module

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Compilation:
    """What has been made so far of a spec, for a device.

    What no pass has made is None: it was not asked for, or an error came before it.
    ``known`` is what mappings of other specs for the device have found out.
    """

    source: SourceFile
    device: Profile
    known: Known | None = None
    document: Document | None = None
    spec: ValidatedSpec | None = None
    network: Network | None = None
    lowered: LoweredNetwork | None = None
    mapped: MappedNetwork | None = None
    modules: tuple[Module, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """One step of the compiler: adds what it ``makes`` to a compilation.

    ``tolerant`` passes also look at what is left of a spec with errors, so that
    one run reports all of them; the others need a sound value.
    """

    name: str
    makes: str
    run: Callable[[Compilation, Report], Compilation]
    tolerant: bool = False


def _before(made: Made | None) -> Made:
    """What the pass before has made: without it no pass is run."""
    assert made is not None
    return made


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
        lambda c, report: replace(c, mapped=place(_before(c.lowered), report, c.known)),
    ),
    Pass(
        "emit",
        "modules",
        lambda c, report: replace(c, modules=emit(_before(c.mapped), report)),
    ),
)


PASSES = frozenset(step.name for step in PIPELINE)


def run_passes(
    source: SourceFile,
    device: Profile,
    report: Report,
    through: str,
    known: Known | None = None,
    document: Document | None = None,
) -> Compilation:
    """Run the passes up to and including one of them.

    They end where errors in ``report`` keep the next one from running. Of a spec that
    is located syntax already, its ``document``, nothing is parsed.

    Raises
    ------
    ValueError
        If no pass has the name.
    """
    if through not in PASSES:
        raise ValueError(f"no pass is called {through}")
    compilation = Compilation(source, device, known, document)
    for step in PIPELINE if document is None else PIPELINE[1:]:
        if report.errors and not step.tolerant:
            break
        compilation = step.run(compilation, report)
        if getattr(compilation, step.makes) is None or step.name == through:
            break
    if report.full:
        report.extend([_more(source, report)])
    return compilation


def _more(source: SourceFile, report: Report) -> Diagnostic:
    """Say that not all problems are told."""
    from snnc.rules.syntax import TooManyProblems

    end = len(source.text)
    return TooManyProblems(span=Span(source, end, end), limit=report.limit)

"""Located syntax to spec: each statement by its model, then all together.

A statement with an error is reported and left out, and so are its echoes: its name
is remembered as broken, and its place in the chain of layers is kept.
"""

from __future__ import annotations

from snnc import rules
from snnc.diagnostics import Report
from snnc.language import tree
from snnc.language.model import ValidatedSpec
from snnc.language.names import why_no_package
from snnc.passes.validate.assemble import Assembly, Checked
from snnc.passes.validate.order import check_defaults, check_names, check_order
from snnc.passes.validate.statement import check_statement
from snnc.source import Span


def validate(document: tree.Document, report: Report) -> ValidatedSpec:
    """Check what each statement says, and the statements' number, order and names."""
    _check_network(document.network, report)
    network = _network_span(document)
    assembly = Assembly(_check_all(document, network, report), network)
    word = document.network
    return ValidatedSpec(
        spec=assembly.spec("network" if word is None else word.text),
        places=tuple(c.place for c in assembly.layers),
        input=assembly.place("input"),
        readout=assembly.place("readout"),
        target=assembly.place("target"),
        timing=assembly.place("timing"),
        train=assembly.place("train"),
        defaults=tuple(c.place for c in assembly.defaults),
        broken=assembly.broken,
        defaults_sound=assembly.defaults_sound,
        sound=report.errors == 0,
        span=network,
    )


def _network_span(document: tree.Document) -> Span:
    if document.network is not None:
        return document.network.span
    return Span(document.span.source, 0, 0)


def _check_network(word: tree.Word | None, report: Report) -> None:
    if word is not None and (reason := why_no_package(word.text)):
        report.add(
            rules.names.InvalidName(
                span=word.span, name=word.text, reason=reason, example="my_network"
            )
        )


def _check_all(document: tree.Document, network: Span, report: Report) -> list[Checked]:
    statements = document.statements
    if document.network is None and not statements:
        return []
    if report.full:
        return []
    misplaced = check_order(statements, network, report)
    repeated = check_names(statements, report)
    checked = []
    for index, statement in enumerate(statements):
        if report.full:
            break
        model = check_statement(statement, report, statements)
        sound = index not in misplaced and index not in repeated
        checked.append(
            Checked(statement, model if sound else None, named=index not in repeated)
        )
    check_defaults(statements, report)
    return checked

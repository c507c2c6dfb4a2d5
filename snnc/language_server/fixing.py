"""Offer code actions: single fixes, all fixes, and values that fit on the chip."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from lsprotocol import types

from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Severity
from snnc.diagnostics.diagnostic_text import describe_fix
from snnc.fitting.solve import for_axons, for_cores, for_fan_in
from snnc.fitting.trials import Change, OutOfWorkError, Trials
from snnc.ir.logical import Loihi
from snnc.language.tree import Statement
from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import as_sent, between, offsets_in
from snnc.language_server.server import FIX_ALL, Request, SpecServer
from snnc.passes.resolve.drafts import layer_names
from snnc.rules.loihi import FitsNoCore, TooManyCores, TooManyOutAxons
from snnc.rules.times import PresentTooShort
from snnc.source import Span
from snnc.syntax.changes import apply_settings, place_values
from snnc.syntax.files import format_document
from snnc.syntax.settings import read_settings
from snnc.verbs.autofix import autofix

MISFITS = (FitsNoCore, TooManyCores, TooManyOutAxons)


class Remedy(NamedTuple):
    """One way to fix a diagnostic.

    ``sure`` marks a preferred fix, which keeps the meaning or makes the network fit.
    """

    title: str
    diagnostic: Diagnostic
    edits: tuple[Fix, ...]
    sure: bool


def remedies(analysis: Analysis, start: int, end: int) -> Iterator[Remedy]:
    """Yield the fixes of the diagnostics that overlap or touch a range."""
    for diagnostic in analysis.diagnostics:
        if diagnostic.span.start > end or start > diagnostic.span.end:
            continue
        if (fix := diagnostic.fix) is not None:
            title = describe_fix(fix)
            title = title[:1].upper() + title[1:]
            yield Remedy(title, diagnostic, (fix,), not fix.unsafe)
        if isinstance(diagnostic, MISFITS):
            yield from _fitting(analysis, diagnostic)
        if isinstance(diagnostic, PresentTooShort):
            yield _lengthen_present(analysis, diagnostic)
        if diagnostic.severity is Severity.WARNING:
            yield from _allow_warning(analysis, diagnostic)


def _lengthen_present(analysis: Analysis, diagnostic: PresentTooShort) -> Remedy:
    title = f"Write `present {diagnostic.needed}`"
    edits: tuple[Fix, ...] = (Fix(diagnostic.span, diagnostic.needed),)
    if diagnostic.span.text != diagnostic.present:  # `present` has its default
        edits = _with_setting(analysis, f"timing.present={diagnostic.needed}")
    return Remedy(title, diagnostic, edits, sure=False)


@lru_cache(maxsize=8)
def _fitting(analysis: Analysis, diagnostic: Diagnostic) -> tuple[Remedy, ...]:
    """Return the nearest values with which the network or layer fits.

    The search takes up to a second, and editors request it after each cursor movement.
    """
    spec = analysis.compilation.spec
    lowered = analysis.compilation.lowered
    if spec is None or lowered is None:
        return ()
    target = lowered.network.target
    if not isinstance(target, Loihi):
        return ()
    trials = Trials(spec, target, analysis.compilation.device)
    changes: tuple[Change, ...] = ()
    with suppress(OutOfWorkError):
        match diagnostic:
            # If only neurons were counted, a value might not fit.
            case TooManyCores() if trials.certain:
                changes = for_cores(trials, diagnostic.largest)
            case FitsNoCore():
                changes = for_fan_in(trials, diagnostic.name)
            case TooManyOutAxons():
                changes = for_axons(trials, diagnostic.name)
    statements = {s.head: s for s in analysis.document.statements}
    fitting: list[Remedy] = []
    for change in changes:
        place = spec.places[layer_names(spec).index(change.layer)]
        statement = statements[place.span]
        title = f"Write `{change.text}` in `{change.layer}`, the nearest to fit"
        if edits := _with_change(analysis, statement, change):
            fitting.append(Remedy(title, diagnostic, edits, sure=not fitting))
    return tuple(fitting)


def _with_change(
    analysis: Analysis, statement: Statement, change: Change
) -> tuple[Fix, ...]:
    """Set a property, or add it, which may format the spec; empty if impossible."""
    properties = statement.properties
    value = change.text.split()[1]
    for item in properties or ():
        if item.key.text == change.key:
            return (Fix(item.value.span, value),)
    if properties and not analysis.source.is_yaml:
        return (Fix(properties[-1].span.after, f", {change.text}"),)
    owner = statement.name or statement.kind
    return _with_setting(analysis, f"{owner.text}.{change.key}={value}")


def _with_setting(analysis: Analysis, setting: str) -> tuple[Fix, ...]:
    """Apply a setting such as ``c0.filters=8``, which formats the spec."""
    report = Diagnostics()
    settings = read_settings(setting, "fix", report)
    changed = place_values(apply_settings(analysis.document, settings, report))
    text = format_document(changed)
    return () if report.errors else tuple(between(analysis.source, text))


def _allow_warning(analysis: Analysis, diagnostic: Diagnostic) -> Iterator[Remedy]:
    """Offer to add a comment that allows a warning; the reason is a placeholder."""
    if diagnostic.code.startswith("SNN14"):
        return  # it is about such a comment
    source = analysis.source
    line, _ = source.line_column(diagnostic.span.start)
    start = source.line_start(line)
    text = source.line_text(line)
    indent = text[: len(text) - len(text.lstrip())]
    comment = f"{indent}# snnc: allow {diagnostic.code} reason\n"
    edit = Fix(Span(source, start, start), comment)
    yield Remedy(f"Allow {diagnostic.code} here", diagnostic, (edit,), sure=False)


async def actions(request: Request) -> list[types.CodeAction]:
    """Return the actions for a range: single fixes, and one for all safe fixes."""
    analysis = request.analysis
    server = request.server
    params = request.params
    start, end = offsets_in(analysis.source, params.range, server.codec)
    kinds = params.context.only
    offers: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix, kinds):
        offered = await asyncio.to_thread(lambda: list(remedies(analysis, start, end)))
        offers += [
            types.CodeAction(
                remedy.title,
                types.CodeActionKind.QuickFix,
                [as_sent(remedy.diagnostic, request.uri, server.codec)],
                is_preferred=remedy.sure or None,
                edit=server.workspace_edit(request.uri, remedy.edits),
            )
            for remedy in offered
        ]
    can_fix = any(d.fix is not None and not d.fix.unsafe for d in analysis.diagnostics)
    if can_fix and _is_wanted(FIX_ALL, kinds):
        # Fixing everything takes time: a client requests the edits on a click.
        action = types.CodeAction("Fix all", FIX_ALL, data=request.uri)
        if not server.supports("text_document.code_action.resolve_support"):
            action = await resolve(server, action)
        offers.append(action)
    return offers


async def resolve(server: SpecServer, action: types.CodeAction) -> types.CodeAction:
    """Add the edits of `snnc check --fix` to the action that fixes everything."""
    uri = str(action.data)
    analysis = await server.analyses.newest(uri)
    if analysis is not None:
        source = analysis.source
        device = analysis.compilation.device
        fixed = await asyncio.to_thread(autofix, source, device=device)
        edits = between(source, fixed.source.text) if fixed.count else ()
        action.edit = server.workspace_edit(uri, edits)
        action.data = None
    return action


def _is_wanted(kind: str, kinds: Iterable[str] | None) -> bool:
    """Return whether a client requests a kind of action, or a more general kind."""
    if kinds is None:
        return True
    return any(not n or kind == n or kind.startswith(n + ".") for n in kinds)

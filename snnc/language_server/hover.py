"""Write the hover texts of words, layers and rules, and the inlay hints.

The playground also shows the hints, so this module works without the extra ``lsp``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from snnc.diagnostics import Diagnostic
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi, Spiking
from snnc.ir.mapped import MappedNetwork
from snnc.language import keywords, readers
from snnc.language.keywords import FORMS, keys_of
from snnc.language.models import Key, ValueWord
from snnc.language.readers import HERTZ, SECONDS
from snnc.language.written import rates
from snnc.language_server.analysis import Analysis
from snnc.language_server.word_roles import SpecWord, role_at
from snnc.results.report import COUNTERS, LayerReport
from snnc.source import SourceFile, Span, rule_pages
from snnc.text.tables import counted, dims, human, prose
from snnc.verbs.report.summary import neurons_of


def page_at(analysis: Analysis, offset: int) -> tuple[Span, str] | None:
    """Return the text about the word at an offset and the problems there."""
    span = None
    parts = []
    if mark := role_at(analysis.document, offset):
        span = mark.span
        parts = list(_describe_word(mark, analysis))
    elif word := _word_at(analysis.source, offset):
        span = word
        parts = list(_word(word.text, is_yaml=analysis.source.is_yaml))
    for diagnostic in analysis.diagnostics:
        if diagnostic.span.start <= offset <= diagnostic.span.end:
            parts.append(rule(diagnostic))
            span = span or diagnostic.span
    text = "\n\n---\n\n".join(dict.fromkeys(filter(None, parts)))
    return None if span is None or not text else (span, text)


def _word_at(source: SourceFile, offset: int) -> Span | None:
    """Return the word at an offset, or the word that ends there."""
    line, column = source.line_column(offset)
    start = source.line_start(line)
    for word in re.finditer(r"\w+", source.line_text(line), re.ASCII):
        if word.start() < column <= word.end() + 1:
            return Span(source, start + word.start(), start + word.end())
    return None


def _describe_word(mark: SpecWord, analysis: Analysis) -> Iterator[str]:
    model = mark.model
    match mark.role:
        case "network":
            yield from _network(analysis)
        case "kind" | "variant":
            yield kind(*mark.kind)
        case "definition" | "reference":
            yield layer(analysis, mark.text)
        case "key" | "value" if model is not None:
            if mark.role == "value":
                yield value(keys_of(model)[mark.key], mark.key, mark.text)
            units = ", ".join(f"`{unit}`" for unit in units_of(mark.key))
            more = f" Units: {units}." if units else ""
            yield f"`{mark.key}`: {keywords.description(model, mark.key)}{more}"


def _word(word: str, *, is_yaml: bool) -> Iterator[str]:
    """Yield the descriptions of a word without context (in a broken statement)."""
    parts = {part.key: part.about for part in keywords.PARTS.values()}
    if word in FORMS:
        yield kind(word)
    elif word in parts and (is_yaml or word in ("in", "as", "from")):
        yield f"`{word}`: {parts[word]}."


def kind(word: str, variant: str = "") -> str:
    """Return the description of a kind of statement, with an example."""
    form = FORMS[word]
    model = keywords.MODELS.get(word, {}).get(variant)
    about = model.variant.about if model and model.variant else form.about
    words = f"{word} {variant}" if model and model.variant else word
    return f"`{words}`: {about}\n\n```snn\n{form.named or form.example}\n```"


def value(entry: Key, key: str, word: str) -> str:
    """Return the meaning of a word as a property's value; may be empty."""
    known: tuple[ValueWord, ...] = entry.words
    if key == "neuron":
        known = tuple(keywords.NEURONS.values())
    if key in keywords.CHOICES:
        known = tuple(choice.word for choice in keywords.CHOICES[key].values())
    described = next((w for w in known if w.text == word and w.about), None)
    return f"`{word}`: {described.about}" if described else ""


def units_of(key: str) -> tuple[str, ...]:
    """Return the units of a property's values."""
    if key in keywords.keys_read_by(readers.seconds):
        return tuple(SECONDS)
    is_rate = key in keywords.keys_read_by(readers.rates, readers.upper_rate)
    return tuple(HERTZ) if is_rate else ()


def _network(analysis: Analysis) -> Iterator[str]:
    """Yield the description of the network, its size, and its cores."""
    network = analysis.compilation.network
    summary = analysis.summary
    if network is None:
        return
    if network.about:
        yield prose(network.about)
    if summary is None:
        return
    share = ""
    if isinstance(network.target, Loihi):
        most = network.target.cores
        chips = counted(summary.chips, "chip")
        share = f" ({summary.cores} of {counted(most, 'core')}, on {chips})"
    yield f"**{network.name}**: {_size(summary.neurons, summary.cores, network)}{share}"
    if summary.on_chip:
        yield prose(summary.notes.total)


def layer(analysis: Analysis, name: str) -> str:
    """Describe a layer, its number of cores, and the limit that determines it."""
    network = analysis.compilation.network
    if network is None:
        return ""
    if name == network.input.name:
        values = f"values in {network.input.low:g}..{network.input.high:g}"
        return f"**{name}**: input, `{dims(network.input.shape)}`, {values}"
    known = network.by_name.get(name)
    rows = analysis.summary.layers if analysis.summary else ()
    row = next((row for row in rows if row.name == name), None)
    if known is not None:
        return "\n\n".join(_describe_layer(known, row, network))
    return f"**{name}**: {row.kind}, `{dims(row.shape)}`, host" if row else ""


def _describe_layer(
    known: LogicalLayer, row: LayerReport | None, network: LogicalNetwork
) -> Iterator[str]:
    """Yield the kind and size of a layer, its rates, and its use of the chip."""
    title = f"**{known.name}**: {known.kind}, `{dims(known.shape)}`"
    if row is not None and row.neurons is not None:
        title += f", {_size(row.neurons, row.cores or 0, network)}"
    yield title
    if known.spiking is not None:
        yield _rates(known.spiking)
    if row is not None and row.use is not None:
        yield from _use(row)
        yield from map(prose, row.reasons)


def _rates(spiking: Spiking) -> str:
    rate = spiking.rate
    bounds = f"{rates(rate.low, rate.high)} (percentile {rate.percentile:g})"
    return f"rates {bounds}, synapse {1000 * spiking.synapse:g} ms"


def _use(row: LayerReport) -> Iterator[str]:
    """Yield the use of the fullest core, its block and the layer's maximum activity."""
    assert row.use is not None
    parts = zip(COUNTERS, row.use, strict=True)
    shares = ", ".join(f"{name} {100 * part:.0f} %" for name, part in parts)
    yield f"fullest core: {shares}"
    if row.block:
        yield f"block: `{dims(row.block)}`"
    if row.spikes is not None:
        yield f"spikes per example: at most {human(row.spikes)}"


def rule(diagnostic: Diagnostic) -> str:
    """Return the page of a rule, without its examples."""
    page = rule_pages()[diagnostic.code].read_text(encoding="utf-8")
    title, _, text = page.partition("\n")
    body, _, _ = text.partition("\n## ")
    return f"**{title.removeprefix('# ')}**\n{body.rstrip()}"


def hints(analysis: Analysis) -> Iterator[tuple[int, str]]:
    """Yield offsets and hints: after the network's name and the line of each layer.

    In a spec with errors, hints show only the known shapes, because the cores of layers
    depend on each other (decision 027).
    """
    network = analysis.compilation.network
    mapped = analysis.mapped
    if network is None:
        return
    name = analysis.document.network
    if name is not None and mapped is not None:
        shown = _size(neurons_of(mapped), mapped.cores, network)
        yield _end_of_code(analysis, name.span), shown
    layers = {layer.span: layer for layer in network.layers}
    for statement in analysis.document.statements:
        if (known := layers.get(statement.head)) is not None:
            costs = "" if mapped is None else f", {_costs(known, mapped)}"
            hint = f"-> {dims(known.shape)}{costs}"
            yield _end_of_code(analysis, statement.span), hint


def _costs(layer: LogicalLayer, mapped: MappedNetwork) -> str:
    levels = mapped.of_layer(layer.name)
    if not levels:
        return "folded"
    neurons = sum(level.population.neurons for level in levels)
    cores = sum(level.cores for level in levels)
    return _size(neurons, cores, mapped.lowered.network)


def _size(neurons: int, cores: int, network: LogicalNetwork) -> str:
    """Write numbers of neurons and, on a chip, cores: ``5,408 neurons, 6 cores``."""
    shown = f"{neurons:,} neuron{'' if neurons == 1 else 's'}"
    if not isinstance(network.target, Loihi):
        return shown
    return f"{shown}, {counted(cores, 'core') if cores else 'host'}"


def _end_of_code(analysis: Analysis, span: Span) -> int:
    """Return the end of a span's first line, without its comment."""
    source = analysis.source
    line = span.first.line
    start = source.line_start(line)
    comments = (c.span for c in analysis.document.comments)
    ends = (comment.start for comment in comments if comment.first.line == line)
    end = next(ends, start + len(source.line_text(line)))
    return start + len(source.text[start:end].rstrip())

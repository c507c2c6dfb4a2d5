"""Write the hover texts of words, layers and rules, and the inlay hints."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic
from snnc.ir.logical import LogicalLayer, Loihi
from snnc.ir.mapped import MappedNetwork
from snnc.language import extents, scalars, tree
from snnc.language.fields import description, keys_of
from snnc.language.keywords import CHOICES, FORMS, MODELS, NEURONS, PARTS, keys_read_by
from snnc.language.scalars import HERTZ, SECONDS
from snnc.language.table import Key, ValueWord
from snnc.language.written import rates
from snnc.language_server.analysis import Analysis
from snnc.language_server.word_roles import SpecWord, is_network, role_at
from snnc.passes.validate.structure import head
from snnc.source import Span, rule_pages
from snnc.text.tables import counted, dims, human, prose
from snnc.tools.report.sentences import sentence
from snnc.tools.report.sentences import total as total_sentence
from snnc.tools.report.summary import COUNTERS, Row

Page = tuple[Span | None, str]
"""The span of a hover text, and the text."""


def page_at(analysis: Analysis, offset: int) -> Page | None:
    """Return the hover text at an offset, if any."""
    span, parts = None, []
    document = analysis.document
    if document.network is not None and is_network(document, offset):
        span, parts = document.network.span, list(_network(analysis))
    elif mark := role_at(document, offset):
        span, parts = mark.span, list(_describe_word(mark, analysis))
    elif found := word_at(analysis.source.text, offset):
        start, word = found
        span = Span(analysis.source, start, start + len(word))
        parts = list(_word(word, analysis.source.is_yaml))
    for diagnostic in analysis.diagnostics:
        if diagnostic.span.start <= offset <= diagnostic.span.end:
            parts.append(rule(diagnostic))
            span = span or diagnostic.span
    text = "\n\n---\n\n".join(dict.fromkeys(filter(None, parts)))
    return (span, text) if text else None


def word_at(text: str, offset: int) -> tuple[int, str] | None:
    """Return the start of the word at an offset, and the word."""
    start = end = offset
    while start and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end]):
        end += 1
    return (start, text[start:end]) if start < end else None


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())


def _describe_word(mark: SpecWord, analysis: Analysis) -> Iterator[str]:
    match mark.role:
        case "kind":
            yield kind(mark.text, _variant(mark.statement))
        case "variant":
            yield kind(mark.statement.kind.text, mark.text)
        case "definition" | "reference":
            yield layer(analysis, mark.text)
        case "key" if mark.model is not None:
            yield f"`{mark.key}`: {description(mark.model, mark.key)}{_units(mark.key)}"
        case "value" if mark.model is not None:
            entry = keys_of(mark.model)[mark.key]
            yield value(entry, mark.key, mark.text)
            yield f"`{mark.key}`: {description(mark.model, mark.key)}{_units(mark.key)}"


def _variant(statement: tree.Statement) -> str | None:
    return None if statement.variant is None else statement.variant.text


def _word(word: str, is_yaml: bool) -> Iterator[str]:
    """Yield the descriptions of a word without context (in a broken statement)."""
    parts = {part.key: part.about for part in PARTS.values()}
    if word in FORMS:
        yield kind(word, None)
    elif word in parts and (is_yaml or word in ("in", "as", "from")):
        yield f"`{word}`: {parts[word]}."


def kind(word: str, variant: str | None) -> str:
    """Return the description of a kind of statement, with an example."""
    form = FORMS[word]
    model = MODELS.get(word, {}).get(variant or "")
    about = model.variant.about if model and model.variant else form.about
    words = f"{word} {variant}" if model and model.variant else word
    return f"`{words}`: {about}\n\n```snn\n{form.named or form.example}\n```"


def value(entry: Key, key: str, word: str) -> str:
    """Return the meaning of a word as a property's value; may be empty."""
    known: tuple[ValueWord, ...] = entry.words
    if key == "neuron":
        known = tuple(NEURONS.values())
    if key in CHOICES:
        known = tuple(choice.word for choice in CHOICES[key].values())
    found = next((w for w in known if w.text == word and w.about), None)
    return f"`{word}`: {found.about}" if found else ""


def _units(key: str) -> str:
    units = units_of(key)
    return f" Units: {', '.join(f'`{unit}`' for unit in units)}." if units else ""


def units_of(key: str) -> tuple[str, ...]:
    """Return the units of a property's values."""
    if key in keys_read_by(scalars.seconds):
        return tuple(SECONDS)
    return (
        tuple(HERTZ) if key in keys_read_by(extents.rates, extents.upper_rate) else ()
    )


def _network(analysis: Analysis) -> Iterator[str]:
    network, summary = analysis.made.network, analysis.summary
    if network is not None and network.about:
        yield prose(network.about)
    if summary is None or analysis.mapped is None:
        return
    yield f"**{network.name if network else ''}**: {total(analysis)}{_share(analysis)}"
    if summary.on_chip:
        yield prose(total_sentence(summary.reasons, summary.network.name))


def _share(analysis: Analysis) -> str:
    """Describe how many cores and chips are used; empty without a chip."""
    mapped, network = analysis.mapped, analysis.made.network
    if mapped is None or network is None or not isinstance(network.target, Loihi):
        return ""
    chips = counted(mapped.chips, "chip")
    return f" ({mapped.cores} of {counted(network.target.cores, 'core')}, on {chips})"


def layer(analysis: Analysis, name: str) -> str:
    """Describe a layer, its number of cores, and the limit that determines it."""
    network = analysis.made.network
    if network is None:
        return ""
    if name == network.input.name:
        low, high = network.input.low, network.input.high
        shape = dims(network.input.shape)
        return f"**{name}**: input, `{shape}`, values in {low:g}..{high:g}"
    known = network.by_name.get(name)
    row = analysis.rows.get(name)
    summary = analysis.summary
    if known is None:
        return (
            "" if row is None else f"**{name}**: {row.kind}, `{dims(row.shape)}`, host"
        )
    parts = [f"**{name}**: {known.kind}, `{dims(known.shape)}`{_cores(row)}"]
    if known.spiking is not None:
        parts.append(_spiking(known))
    if row is not None and row.use is not None and summary is not None:
        parts += _use(row)
        parts += [prose(sentence(r, summary.profile.core)) for r in row.reasons]
    return "\n\n".join(parts)


def _cores(row: Row | None) -> str:
    if row is None or row.neurons is None:
        return ""
    neurons = f", {thousands(row.neurons, 'neuron')}"
    return (
        f"{neurons}, {counted(row.cores, 'core')}" if row.cores else f"{neurons}, host"
    )


def _spiking(layer: LogicalLayer) -> str:
    assert layer.spiking is not None
    rate = layer.spiking.rate
    return (
        f"rates {rates(rate.low, rate.high)} (percentile {rate.percentile:g}),"
        f" synapse {1000 * layer.spiking.synapse:g} ms"
    )


def _use(row: Row) -> Iterator[str]:
    """Yield the use of the fullest core, its block and the layer's maximum activity."""
    assert row.use is not None
    parts = zip(COUNTERS, row.use, strict=True)
    shares = ", ".join(f"{name} {100 * part:.0f} %" for name, part in parts)
    yield f"fullest core: {shares}"
    if row.block:
        yield f"block: `{dims(row.block)}`"
    if row.activity is not None:
        yield f"spikes per example: at most {human(row.activity.spikes)}"


def rule(diagnostic: Diagnostic) -> str:
    """Return the page of a rule, without its examples."""
    path = rule_pages().get(diagnostic.code)
    if path is None:
        return ""
    title, _, text = path.read_text(encoding="utf-8").partition("\n")
    body, _, _ = text.partition("\n## ")
    return f"**{title.removeprefix('# ')}**\n{body.rstrip()}"


Hint = tuple[int, str]
"""An offset, and the text to show there."""


def hints(analysis: Analysis) -> Iterator[Hint]:
    """Yield the hints after the network's name and after the line of each layer.

    In a spec with errors, hints show the known shapes.
    """
    network, mapped = analysis.made.network, analysis.mapped
    if network is None:
        return
    name = analysis.document.network
    if name is not None and mapped is not None:
        yield _end_of_code(analysis, name.span.start), total(analysis)
    shapes = {layer.span: (layer.name, layer.shape) for layer in network.layers}
    for statement in analysis.document.statements:
        if (known := shapes.get(head(statement))) is not None:
            layer, shape = known
            at = _end_of_code(analysis, statement.span.start)
            yield at, f"-> {dims(shape)}{_cost(layer, mapped)}"


def _cost(name: str, mapped: MappedNetwork | None) -> str:
    if mapped is None:
        return ""
    levels = mapped.of_layer(name)
    if not levels:
        return ", folded"
    count = sum(level.population.neurons for level in levels)
    neurons = f", {thousands(count, 'neuron')}"
    if not isinstance(mapped.lowered.network.target, Loihi):
        return neurons
    cores = sum(level.cores for level in levels)
    return f"{neurons}, {counted(cores, 'core')}" if cores else f"{neurons}, host"


def total(analysis: Analysis) -> str:
    """Return the network's numbers of neurons and cores; empty without a mapping."""
    mapped, network = analysis.mapped, analysis.made.network
    if mapped is None or network is None:
        return ""
    on_chip = isinstance(network.target, Loihi)
    chosen = (p for p in mapped.populations if p.cores or not on_chip)
    neurons = thousands(sum(p.population.neurons for p in chosen), "neuron")
    return f"{neurons}, {counted(mapped.cores, 'core')}" if on_chip else neurons


def thousands(number: int, noun: str) -> str:
    """Write a number with commas and a noun: ``5,408 neurons``."""
    return counted(number, noun).replace(str(number), f"{number:,}", 1)


def _end_of_code(analysis: Analysis, start: int) -> int:
    source = analysis.source
    line, _ = source.line_column(start)
    first = source.line_start(line)
    last = first + len(source.line_text(line))
    for comment in analysis.document.comments:
        if first <= comment.span.start < last:
            last = comment.span.start
    return first + len(source.text[first:last].rstrip())

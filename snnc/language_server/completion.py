"""Complete words at the cursor, with their documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from lsprotocol import types

from snnc.editors.rules import NETWORK, to_fill
from snnc.language import keywords, readers
from snnc.language.editions import NEWEST
from snnc.language.keywords import description, keys_of, parts_of, values_in
from snnc.language.models import Form, Model, fields_of
from snnc.language_server import cursor, hover
from snnc.language_server.buffers import offset_in, range_of
from snnc.language_server.cursor import CursorPlace
from snnc.language_server.server import SpecServer
from snnc.source import SourceFile, Span

Kind = types.CompletionItemKind


_PLACE = re.compile(r"\$\{\d+(?::([^$}]*)|\|([^,|$}]*)[,|][^$}]*)\}|\$0")
_TYPED = re.compile(r"(?<![\w.])[\w.]*$")


async def completion(
    server: SpecServer, params: types.CompletionParams
) -> types.CompletionList:
    buffer = server.buffers.get(params.text_document.uri)
    if buffer is None:
        return types.CompletionList(False, [])
    offset = offset_in(buffer.source, params.position, server.codec)
    start, items = completions_at(buffer.source, offset)
    place = range_of(Span(buffer.source, start, offset), server.codec)
    form = types.InsertTextFormat.Snippet
    if not server.supports("text_document.completion.completion_item.snippet_support"):
        form = types.InsertTextFormat.PlainText
    for number, item in enumerate(items):
        text = item.insert_text or ""
        if form is types.InsertTextFormat.PlainText:
            text = _PLACE.sub(lambda match: match[1] or match[2] or "", text)
        item.text_edit = types.TextEdit(place, text)
        item.insert_text = None
        item.insert_text_format = form
        # Clients would otherwise sort by name, and not in the order of the language.
        item.sort_text = f"{number:03}"
    return types.CompletionList(False, items)


def completions_at(
    source: SourceFile, offset: int
) -> tuple[int, list[types.CompletionItem]]:
    """Return the start of the word that the user types, and its completions.

    They are in the order of the language; ``insert_text`` contains placeholders such as
    ``${1:8}``.
    """
    line, column = source.line_column(offset)
    before = source.line_text(line)[: column - 1]
    typed = _TYPED.search(before)
    start = offset - (len(typed[0]) if typed else 0)
    place_in = cursor.place_in_yaml if source.is_yaml else cursor.place_in_snn
    place = None if cursor.is_within_text(before) else place_in(source.text[:start])
    return start, [] if place is None else list(_complete(place, _Text(source, start)))


def _item(
    word: str, text: str, kind: Kind, detail: str = "", page: str = ""
) -> types.CompletionItem:
    markdown = types.MarkupContent(types.MarkupKind.Markdown, page)
    return types.CompletionItem(
        word,
        kind=kind,
        detail=detail or None,
        documentation=markdown if page else None,
        insert_text=text,
    )


class _Text(NamedTuple):
    """The text around the cursor; ``at`` is the start of the word."""

    source: SourceFile
    at: int

    def names(self, *, here: bool = False) -> list[str]:
        """Return the layers above the statement or cursor, nearest first."""
        above = self.source.text[: self.at]
        begun = [match.start() for match in _BEGINNING.finditer(above)]
        above = above[: begun[-1]] if begun and not here else above
        pattern = _NAMED_YAML if self.source.is_yaml else _NAMED
        return list(dict.fromkeys(reversed(pattern.findall(above))))


_ANY_KIND = "|".join(sorted(keywords.FORMS, key=len, reverse=True))
_BEGINNING = re.compile(rf"^[ \t]*(?:- )?({_ANY_KIND})\b", re.MULTILINE)
_LAYERS = "|".join(k for k, f in keywords.FORMS.items() if f.is_layer)
_NAMED = re.compile(
    rf"^[ \t]*(?:{_LAYERS})(?:[ \t]+(?:{'|'.join(keywords.VARIANTS['encode'])}))?"
    r"[ \t]+(?!from\b)([A-Za-z]\w*)",
    re.MULTILINE,
)
_NAMED_YAML = re.compile(
    r"^(?!input\b).*\bname[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z]\w*)", re.MULTILINE
)


def _complete(place: CursorPlace, text: _Text) -> Iterator[types.CompletionItem]:
    match place.where:
        case "header":
            yield from _top(text) if text.source.is_yaml else _header(text)
        case "statement":
            yield from _statements(text)
        case "variant":
            yield from _variants(place, text)
        case "part":
            yield from _parts(place)
        case "reference":
            for name in text.names():
                yield _item(name, name, Kind.Variable, "layer")
        case "key":
            yield from _keys(place, text)
        case "value":
            yield from _values(place, text)


def _header(text: _Text) -> Iterator[types.CompletionItem]:
    before = text.source.text[: text.at]
    if not re.search(r"^\s*snn\b", before, re.MULTILINE):
        yield _item("snn", f"snn {NEWEST}", Kind.Text, "the edition of the language")
    elif "network" not in before:
        about = "a network with an input and a readout"
        yield _item("network", "\n".join(NETWORK), Kind.Text, about)


def _top(text: _Text) -> Iterator[types.CompletionItem]:
    """Yield the keys that a YAML file lacks."""
    present = set(re.findall(r"^\w+", text.source.text, re.MULTILINE))
    for key in ("snn", "network", "layers"):
        if key not in present:
            yield _item(key, f"{key}: ", Kind.Text)
    for kind, form in keywords.FORMS.items():
        if form.place != "layer" and kind not in present:
            page = hover.kind(kind)
            yield _item(kind, f"{kind}: ", Kind.Keyword, form.about, page)


def _statements(text: _Text) -> Iterator[types.CompletionItem]:
    """Yield the kinds that may follow: settings first, most kinds only once."""
    is_yaml = text.source.is_yaml
    whole = text.source.text
    above = set(_BEGINNING.findall(whole[: text.at]))
    below = set(_BEGINNING.findall(whole[text.at :]))
    for kind, form in keywords.FORMS.items():
        is_taken = form.once and kind in above | below
        is_elsewhere = is_yaml and form.place != "layer"
        if not is_taken and not is_elsewhere and _may_follow(form, above):
            written = _item_of(form) if is_yaml else _example(form, text)
            page = hover.kind(kind)
            yield _item(kind, written, Kind.Keyword, form.about, page)


def _may_follow(form: Form, above: set[str]) -> bool:
    """Return whether a kind may come after others: `train` comes after the readout."""
    if form.place == "back":
        return True
    if "readout" in above:
        return False
    if not any(keywords.FORMS[kind].is_layer for kind in above):
        return True
    is_second_encoder = form.place == "encoder" and "encode" in above
    return form.place != "front" and not is_second_encoder


def _example(form: Form, text: _Text) -> str:
    """Return the example of a kind with an unused name and placeholders."""
    example = form.named if form.place == "encoder" else form.example
    if not example.startswith(form.kind):
        return f"{form.kind} "
    names = text.names(here=True)
    if form.sources == "required":
        first, second = [*reversed(names[:2]), "a", "b"][:2]
        return f"{form.kind} from ${{1:{first}}}, ${{2:{second}}}"
    if form.usual_name and form.is_layer:
        stem = form.usual_name.rstrip("0123456789")
        free = (n for i in count() if (n := f"{stem}{i}") not in names)
        example = example.replace(f" {form.usual_name} ", f" {next(free)} ", 1)
    return to_fill(example)


def _item_of(form: Form) -> str:
    """Return the beginning of a layer in a YAML list."""
    if keywords.may_be_bare(form.kind):
        return f"{form.kind}: {{$0}}"
    return f"{form.kind}: {{name: ${{1:{form.usual_name or 'layer'}}}, $0}}"


def _variants(place: CursorPlace, text: _Text) -> Iterator[types.CompletionItem]:
    for variant in keywords.VARIANTS.get(place.kind, ()):
        written = f"{variant}: {{$0}}" if text.source.is_yaml else variant
        page = hover.kind(place.kind, variant)
        if place.kind == "neuron":
            page = keywords.NEURONS[variant].about
        elif place.kind == "defaults":
            page = hover.kind(variant)
        yield _item(variant, written, Kind.EnumMember, place.kind, page)


def _parts(place: CursorPlace) -> Iterator[types.CompletionItem]:
    """Yield the words that may follow in a statement's heading, such as `from`."""
    written = {"in": "in ${1:0..1}", "as": "as ${1:0..1}", "from": "from "}
    model = next(iter(keywords.MODELS.get(place.kind, {}).values()), None)
    for part in parts_of(model).values() if model else ():
        if part.key in written:
            text = written[part.key]
            yield _item(part.key, text, Kind.Property, "", f"{part.about}.")


def _keys(place: CursorPlace, text: _Text) -> Iterator[types.CompletionItem]:
    """Yield the missing keys of a block, after units if the cursor is at a number."""
    if place.measured:
        for unit in hover.units_of(place.key):
            yield _item(unit, unit, Kind.Unit, f"unit of `{place.key}`")
    if place.model is not None:
        colon = ":" if text.source.is_yaml else ""
        for key in place.legal:
            yield _key(place.model, key, colon)


def _key(model: type[Model], key: str, colon: str) -> types.CompletionItem:
    entries = keys_of(model)
    # In YAML, the kinds that `defaults` sets are keys.
    if key in keywords.VARIANTS["defaults"] and key not in entries:
        return _item(key, f"{key}: {{$0}}", Kind.EnumMember, "", hover.kind(key))
    value = ""
    if key in entries and entries[key].usual:
        value = f"${{1:{entries[key].usual}}}"
    fields = {part.key: field for field, part in parts_of(model).items()}
    page = description(model, fields.get(key, key))
    return _item(key, f"{key}{colon} {value}", Kind.Property, "", page)


def _values(place: CursorPlace, text: _Text) -> Iterator[types.CompletionItem]:
    model = place.model
    key = place.key
    if model is None or key not in keys_of(model):
        return
    entry = keys_of(model)[key]
    # A number has no words, only a usual value.
    for word in dict.fromkeys((*_words(place, text), entry.usual)):
        page = hover.value(entry, key, word) or description(model, key)
        yield _item(word, word, Kind.Value, key, page)


def _words(place: CursorPlace, text: _Text) -> Iterator[str]:
    """Yield the words that may be a key's value, such as the choices of `decide`."""
    assert place.model is not None
    if place.key in keywords.CHOICES:
        yield from keywords.CHOICES[place.key]
    elif place.key == "neuron":
        yield from keywords.NEURONS
    else:
        yield from values_in(fields_of(place.model)[place.key].type)
    if place.key in keywords.keys_read_by(readers.flag, readers.bias):
        yield from ("true", "false") if text.source.is_yaml else ("on", "off")

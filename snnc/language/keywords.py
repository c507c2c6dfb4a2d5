"""Look up words of the language, the parts of each statement, and fields of models.

Notes on the types of fields describe them: a property, a part, a default, a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import Field, replace
from functools import cache
from typing import Any, TypeVar, get_args

from snnc.language import models, properties, readers, tree, written
from snnc.language.editions import EDITIONS, NEWEST, ByEdition
from snnc.language.model import ABOUT, SCOPES, STATEMENTS, DefaultsSpec
from snnc.language.models import Key, Model, Otherwise, ReadBy, StatementPart, fields_of
from snnc.language.properties import Choice, NeuronSpec
from snnc.language.readers import HEADERS as HEADERS
from snnc.language.readers import REFUSED as REFUSED
from snnc.language.readers import UNITS as UNITS
from snnc.language.readers import is_reserved
from snnc.runtime.neurons import constants_of

Note = TypeVar("Note", Key, Otherwise, ReadBy, StatementPart, ByEdition)
Statement = TypeVar("Statement", bound=Model)


def note(field: Field[Any], kind: type[Note]) -> Note | None:
    """Return the note of a kind on the type of a field, or None."""
    return next((part for part in types_in(field.type) if isinstance(part, kind)), None)


@cache
def keys_of(model: type[Model]) -> Mapping[str, Key]:
    """Return the properties of a statement or choice, in the order of its model."""
    return _notes_of(model, Key)


@cache
def parts_of(model: type[Model]) -> Mapping[str, StatementPart]:
    """Return the parts before the block of a statement, by field name."""
    return _notes_of(model, StatementPart)


def _notes_of(model: type[Model], kind: type[Note]) -> Mapping[str, Note]:
    notes = {name: note(field, kind) for name, field in fields_of(model).items()}
    return {name: entry for name, entry in notes.items() if entry}


def values_in(annotation: object) -> Iterator[str]:
    """Return the words that a type accepts, including those of nested models."""
    for part in types_in(annotation):
        if isinstance(part, str):
            yield part
        elif isinstance(part, type) and issubclass(part, Model):
            for field in fields_of(part).values():
                yield from values_in(field.type)


def types_in(annotation: object) -> Iterator[Any]:
    """Yield a type, the types that it consists of, and their notes."""
    yield annotation
    for part in get_args(annotation):
        yield from types_in(part)


def otherwise(model: type[Model], key: str, edition: int) -> Any:
    """Return the default of a property, or None if it has no default."""
    by_edition = defaults_by_edition(model).get(key)
    if by_edition is not None:
        return by_edition.of(edition)
    field = fields_of(model).get(key)
    fallback = None if field is None else note(field, Otherwise)
    return None if fallback is None else fallback.value


@cache
def defaults_by_edition(model: type[Model]) -> Mapping[str, ByEdition]:
    """Return the defaults that depend on the edition, by key."""
    return _notes_of(model, ByEdition)


def in_edition(
    statement: Statement, written_keys: Collection[str], edition: int
) -> Statement:
    """Return a statement with an edition's defaults for the keys without a value.

    A key whose default comes from other statements stays None.
    """
    defaults = {
        key: by_edition.of(edition)
        for key, by_edition in defaults_by_edition(type(statement)).items()
        if key not in written_keys and getattr(statement, key) is not None
    }
    return replace(statement, **defaults) if defaults else statement


def description(model: type[Model], field: str) -> str:
    """Describe a property or part, with its default in brackets."""
    entry = keys_of(model).get(field) or parts_of(model)[field]
    newest = default(fields_of(model)[field], NEWEST)
    older = older_defaults(fields_of(model)[field])
    defaults = "; ".join(text for text in (newest, older) if text)
    return f"{entry.about} ({defaults})." if defaults else f"{entry.about}."


def older_defaults(field: Field[Any]) -> str:
    """Describe the defaults of older editions; empty if they are equal."""
    newest = default(field, NEWEST)
    older = {edition: default(field, edition) for edition in EDITIONS}
    return "; ".join(
        f"{shown} in edition {edition}"
        for edition, shown in older.items()
        if shown != newest
    )


def default(field: Field[Any], edition: int) -> str:
    """Return a field's default in ``.snn`` notation, or describe what it depends on."""
    by_edition = note(field, ByEdition)
    if by_edition is not None:
        return written_value(by_edition.of(edition), field)
    fallback = note(field, Otherwise)
    if fallback is not None and fallback.text:
        return fallback.text
    value = field.default if not fallback else fallback.value
    if models.is_required(field) or value in (None, ()):
        return ""
    return written_value(value, field)


def written_value(value: Any, field: Field[Any]) -> str:
    """Write the value of a property in ``.snn`` notation."""
    if isinstance(value, Choice):
        return value.word.text
    read_by = note(field, ReadBy)
    reader = None if read_by is None else read_by.func
    if reader is readers.seconds:
        return written.time(value)
    if reader in (readers.rates, readers.upper_rate):
        return written.rates(*value)
    if reader is readers.phases:
        return written.write_list(value)
    return written.extents(value) if isinstance(value, tuple) else written.plain(value)


FORMS: Mapping[str, models.Form] = {
    ABOUT.kind: ABOUT,
    **{form.kind: form for model in STATEMENTS for form in model.forms},
}
"""Every kind of statement, in the order of the language."""


def _models_by_kind() -> Mapping[str, Mapping[str, type[models.StatementModel]]]:
    by_kind: dict[str, dict[str, type[models.StatementModel]]] = {}
    for model in STATEMENTS:
        variant = model.variant.text if model.variant else ""
        for form in model.forms:
            by_kind.setdefault(form.kind, {})[variant] = model
    return by_kind


MODELS = _models_by_kind()
"""The models of each kind by variant; the variant is empty for kinds without
variants."""


def _choices_by_property() -> Mapping[str, Mapping[str, type[Choice]]]:
    by_property: dict[str, dict[str, type[Choice]]] = {}
    fields = (item for model in STATEMENTS for item in fields_of(model).items())
    for name, field in fields:
        for part in types_in(field.type):
            if isinstance(part, type) and issubclass(part, Choice):
                by_property.setdefault(name, {})[part.word.text] = part
    return by_property


CHOICES = _choices_by_property()
"""The models of losses and optimizers, by property and word."""
PARTS: Mapping[str, StatementPart] = {
    name: part for model in STATEMENTS for name, part in parts_of(model).items()
}
"""The parts before a block, by field name."""

KINDS = frozenset(FORMS)
RESERVED = frozenset(filter(is_reserved, KINDS | HEADERS | REFUSED))

VALUES = ("shape", "within", "mapped")
"""The parts that only the input has."""

NEURONS = {word.text: word for word in properties.NEURONS}

BLOCKLESS = frozenset(
    kind
    for kind in FORMS
    if not any(keys_of(model) for model in MODELS.get(kind, {}).values())
)
"""Kinds of statements without properties."""


def kinds(*places: models.Place) -> tuple[str, ...]:
    """Return the kinds of statements in the given parts of a YAML file."""
    return tuple(kind for kind, form in FORMS.items() if form.place in places)


def may_be_bare(kind: str) -> bool:
    """Return whether YAML may write a layer as its kind alone: ``- avgpool``."""
    form = FORMS.get(kind)
    if form is None or form.place != "layer" or form.sources == "required":
        return False
    return form.name != "required"


def settings_of(choice: str) -> tuple[str, ...]:
    """Return the settings of a loss, an optimizer or a neuron; empty if it has none."""
    if choice in NEURONS:
        return constants_of(choice)
    named = (choices.get(choice) for choices in CHOICES.values())
    return next((tuple(keys_of(model)) for model in named if model), ())


def first_key(owner: str) -> str:
    """Return the property that a bare number after a kind or a choice sets."""
    if owner in FORMS and FORMS[owner].size:
        return FORMS[owner].size
    by_choice = {
        word: model
        for by_variant in MODELS.values()
        for word, model in by_variant.items()
    }
    model = MODELS.get(owner, {}).get("") or by_choice.get(owner)
    return next(iter(keys_of(model) if model else settings_of(owner)), "")


def tables() -> Iterator[type[Model]]:
    """Return every model with properties: statements, neurons and choices."""
    yield from STATEMENTS
    yield NeuronSpec
    for choices in CHOICES.values():
        yield from choices.values()


def values_of(key: str) -> tuple[str, ...]:
    """Return the words that are valid values of a property."""
    fields = (fields_of(model) for model in tables() if key in keys_of(model))
    return tuple(dict.fromkeys(word for f in fields for word in values_in(f[key].type)))


def keys_read_by(*functions: Callable[..., Any]) -> frozenset[str]:
    """Return the properties and parts whose values are read by the given functions."""
    return frozenset(
        PARTS[name].key if name in PARTS else name
        for model in tables()
        for name, field in fields_of(model).items()
        for part in types_in(field.type)
        if isinstance(part, ReadBy) and part.func in functions
    )


def owner_of(statement: tree.Statement) -> str:
    """Return the words to quote a statement: its kind and variant, without its name."""
    kind = statement.kind.text
    return kind if statement.variant is None else f"{kind} {statement.variant.text}"


def model_of(statement: tree.Statement) -> type[models.StatementModel] | None:
    """Return the model of a statement whose kind and variant are known."""
    known = MODELS.get(statement.kind.text, {})
    variant = statement.variant.text if statement.variant else ""
    # `defaults` and `neuron` have one model for all their variants.
    return known.get(variant) or next(iter(known.values()), None)


def legal_keys(statement: tree.Statement) -> tuple[str, ...]:
    """Return the properties of a statement, in the order of its model."""
    model = model_of(statement)
    if model is None:
        return ()
    variant = statement.variant.text if statement.variant else ""
    if statement.kind.text == "neuron":
        return settings_of(variant)
    return scope_keys(variant) if variant in SCOPES else tuple(keys_of(model))


def scope_keys(kind: str) -> tuple[str, ...]:
    """Return the properties of a kind of layer that ``defaults`` may set."""
    layer = MODELS[kind][""]
    return tuple(key for key in keys_of(DefaultsSpec) if key in keys_of(layer))


# `neuron` is a statement and a property; inside braces it is the property.
BEGINNINGS = KINDS - {"neuron"}
CLAUSES = frozenset(("in", "as", "from"))

VARIANTS: dict[str, tuple[str, ...]] = {
    **{kind: tuple(known) for kind, known in MODELS.items() if "" not in known},
    "neuron": tuple(NEURONS),
    "defaults": SCOPES,
}

USUAL = {
    key: entry.usual
    # Statements come last: their example of a shared key replaces that of a choice.
    for model in sorted(tables(), key=lambda model: not issubclass(model, Choice))
    for key, entry in keys_of(model).items()
}
"""An example value of each property."""
# `from` is a key only inside settings; before a block it is a part.
KEYS = frozenset(USUAL) - CLAUSES

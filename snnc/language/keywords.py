"""Look up words of the language, and the parts of each kind of statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from snnc.language import properties, tree
from snnc.language.fields import choices_of, keys_of, parts_of, types_in, values_in
from snnc.language.model import ABOUT, SCOPES, STATEMENTS, DefaultsSpec
from snnc.language.models import (
    Form,
    Model,
    Place,
    ReadBy,
    StatementModel,
    StatementPart,
    fields_of,
)
from snnc.language.names import HEADERS as HEADERS
from snnc.language.names import REFUSED as REFUSED
from snnc.language.names import is_reserved
from snnc.language.properties import Choice, NeuronSpec
from snnc.language.readers import UNITS as UNITS

FORMS: Mapping[str, Form] = {ABOUT.kind: ABOUT} | {
    form.kind: form for model in STATEMENTS for form in model.forms
}
"""Every kind of statement, in the order of the language."""
KINDS = frozenset(FORMS)
RESERVED = frozenset(filter(is_reserved, KINDS | HEADERS | REFUSED))

MODELS: dict[str, dict[str, type[StatementModel]]] = {}
"""The models of each kind by variant; the variant is empty for kinds without
variants."""
for _model in STATEMENTS:
    for _form in _model.forms:
        _variant = _model.variant.text if _model.variant else ""
        MODELS.setdefault(_form.kind, {})[_variant] = _model

PARTS: Mapping[str, StatementPart] = {
    name: part for model in STATEMENTS for name, part in parts_of(model).items()
}
"""The parts before a block, by field name."""

VALUES = ("shape", "within", "mapped")
"""The parts that only the input has."""

CHOICES: Mapping[str, Mapping[str, type[Choice]]] = {
    key: choices for model in STATEMENTS for key, choices in choices_of(model).items()
}
"""The models of losses and optimizers, by property and word."""

NEURONS = {word.text: word for word in properties.NEURONS}

BLOCKLESS = frozenset(
    kind
    for kind in FORMS
    if not any(keys_of(model) for model in MODELS.get(kind, {}).values())
)
"""Kinds of statements without properties."""


def kinds(*places: Place) -> tuple[str, ...]:
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
        return tuple(keys_of(NeuronSpec)) if choice == "lif" else ()
    models = (choices.get(choice) for choices in CHOICES.values())
    return next((tuple(keys_of(model)) for model in models if model), ())


def first_key(owner: str) -> str:
    """Return the property that a bare number after a kind or a choice sets."""
    if owner in FORMS and FORMS[owner].size:
        return FORMS[owner].size
    by_word = {v: model for models in MODELS.values() for v, model in models.items()}
    model = MODELS.get(owner, {}).get("") or by_word.get(owner)
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


def keys_read_by(*readers: Callable[..., Any]) -> frozenset[str]:
    """Return the properties and parts whose values are read by the given functions."""
    return frozenset(
        PARTS[name].key if name in PARTS else name
        for model in tables()
        for name, field in fields_of(model).items()
        for part in types_in(field.type)
        if isinstance(part, ReadBy) and part.func in readers
    )


def owner_of(statement: tree.Statement) -> str:
    """Return the words to quote a statement: its kind and variant, without its name."""
    kind = statement.kind.text
    return kind if statement.variant is None else f"{kind} {statement.variant.text}"


def model_of(statement: tree.Statement) -> type[StatementModel] | None:
    """Return the model of a statement whose kind and variant are known."""
    models = MODELS.get(statement.kind.text, {})
    variant = statement.variant.text if statement.variant else ""
    return models.get(variant) or next(iter(models.values()), None)


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
    **{kind: tuple(models) for kind, models in MODELS.items() if "" not in models},
    "neuron": tuple(NEURONS),
    "defaults": SCOPES,
}

USUAL = {
    key: entry.usual
    for model in sorted(tables(), key=lambda model: not issubclass(model, Choice))
    for key, entry in keys_of(model).items()
}
"""An example value of each property."""
# `from` is a key only inside settings; before a block it is a part.
KEYS = frozenset(USUAL) - CLAUSES

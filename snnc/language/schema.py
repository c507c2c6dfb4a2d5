"""Build the JSON Schema (draft-07) of the YAML notation from the spec models.

Each property occurs once, in the definitions. The schema avoids alternatives such as
`anyOf`, because a validator could only report that none of them matches. Instead, each
type has its own condition, so a validator names the wrong key and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field
from itertools import chain
from typing import Any

from snnc.language import keywords, models, readers
from snnc.language.editions import EDITIONS
from snnc.language.keywords import description, keys_of, parts_of, types_in
from snnc.language.model import SCOPES, DefaultsSpec
from snnc.language.models import Limits, Model, ReadBy, ValueWord, fields_of
from snnc.language.properties import NeuronSpec

DRAFT = "http://json-schema.org/draft-07/schema#"
Schema = dict[str, Any]

_NUMBER = r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?"


def _text(pattern: str, kind: str = "") -> Schema:
    """Return the schema of a string with a pattern, or of a YAML number."""
    types = {"type": [kind, "string"]} if kind else {"type": "string"}
    return {**types, "pattern": f"^{pattern}$"}


def _dims(word: str = "") -> Schema:
    """Return the schema of dims: ``3x3``, an integer, a list, or a given word."""
    sizes = _text(r"\d+(x\d+)*" if not word else rf"(\d+(x\d+)*|{word})", "integer")
    item = {**_text(r"\d+", "integer"), "minimum": 1}
    return {**_or_list(sizes, item), "minimum": 1}


def _or_list(one: Schema, item: Schema, least: int = 1) -> Schema:
    types = one["type"] if isinstance(one["type"], list) else [one["type"]]
    return {**one, "type": [*types, "array"], "items": item, "minItems": least}


_NAME = _text(r"[A-Za-z]\w*")
_VALUES: Schema = {
    **_or_list(_text(rf"{_NUMBER}\.\.{_NUMBER}"), {"type": "number"}, 2),
    "maxItems": 2,
}
_CLASSES = {**_or_list(_text(r"\d+", "integer"), {"type": "string"}, 2), "minimum": 2}
_PHASES: Schema = {
    "type": "array",
    "items": {"enum": list(readers.PHASES)},
    "minItems": 1,
    "uniqueItems": True,
}
_FORMS: dict[Any, Schema] = {
    readers.whole: _text(r"[+-]?\d+", "integer"),
    readers.amount: _text(_NUMBER, "number"),
    readers.share: _text(_NUMBER, "number"),
    readers.flag: {"enum": [True, False, "on", "off", "true", "false"]},
    readers.bias: {"enum": [True, False, "on", "off", "true", "false", "neuron"]},
    readers.seconds: _text(rf"{_NUMBER}\s+(s|ms|us)"),
    readers.rates: _text(rf"({_NUMBER})?\.\.{_NUMBER}\s+Hz"),
    readers.upper_rate: _text(rf"(0(\.0*)?)?\.\.{_NUMBER}\s+Hz"),
    readers.values: _VALUES,
    readers.dims: _dims(),
    readers.shape: _dims(),
    readers.window: _dims("all"),
    readers.block: _dims("auto"),
    readers.identifier: _NAME,
    readers.phases: _PHASES,
    readers.classes: _CLASSES,
}
_FILE = {
    "snn": f"The edition of the language: {' or '.join(map(str, EDITIONS))}.",
    "network": "The name of the network and of the generated package.",
    "layers": "The layers in order. Each item has one key, its kind.",
}
"""Descriptions of the keys in a YAML file that are not statements."""


ID = "urn:snnc:spec:1"
"""The ID of the schema, for references to it."""


def schema() -> Schema:
    """Return the schema of a YAML spec, with a description of every key."""
    return _SchemaWriter().file()


class _SchemaWriter:
    """Writes the schema, with a definition of each property."""

    def __init__(self) -> None:
        self._definitions: dict[str, Schema] = {}

    def file(self) -> Schema:
        front = keywords.kinds("front", "encoder")
        back = keywords.kinds("back")
        # The reader of YAML also accepts an edition in quotes.
        properties = {
            "snn": {"enum": [*EDITIONS, *map(str, EDITIONS)]},
            "network": _NAME,
            **{kind: self._statement(kind) for kind in front},
            "layers": {"type": "array", "items": self._layer()},
            **{kind: self._statement(kind) for kind in back},
        }
        about = _FILE | {kind: form.about for kind, form in keywords.FORMS.items()}
        return {
            "$schema": DRAFT,
            "$id": ID,
            "title": f"snnc, editions {' and '.join(map(str, EDITIONS))}",
            "type": "object",
            "properties": {k: _describe(v, about[k]) for k, v in properties.items()},
            "required": ["snn", "network", "input", "readout"],
            "additionalProperties": False,
            "definitions": self._definitions,
        }

    def _statement(self, kind: str) -> Schema:
        if kind not in keywords.MODELS:
            return {"type": "string"}
        if kind == "neuron":
            return self._neuron()
        if kind == "defaults":
            return _or_list(self._defaults(), self._defaults())
        variants = keywords.MODELS[kind]
        if "" in variants:
            return self._mapping(variants[""])
        return _choice(
            {m.variant: self._mapping(m) for m in variants.values() if m.variant}
        )

    def _layer(self) -> Schema:
        forms = {
            ValueWord(kind, form.about): self._statement(kind)
            for kind, form in keywords.FORMS.items()
            if form.is_layer
        }
        return _choice(forms, bare=tuple(filter(keywords.may_be_bare, keywords.FORMS)))

    def _defaults(self) -> Schema:
        """Return the schema of ``defaults``: properties, or properties by kind."""
        scopes: Schema = {}
        for kind in SCOPES:
            layer = self._mapping(DefaultsSpec, keywords.scope_keys(kind))
            scopes[kind] = _describe(layer, keywords.FORMS[kind].about)
        return self._mapping(DefaultsSpec, more=scopes)

    def _mapping(
        self,
        model: type[Model],
        keys: tuple[str, ...] | None = None,
        more: Mapping[str, Schema] | None = None,
    ) -> Schema:
        """Return the schema of a statement's properties, or only of ``keys``.

        ``more`` holds the schemas of additional keys.
        """
        properties: Schema = {}
        required = []
        parts = parts_of(model)
        for field in (*parts, *(keys_of(model) if keys is None else keys)):
            info = fields_of(model)[field]
            key = parts[field].key if field in parts else field
            value = _describe(self._value(field, info), description(model, field))
            properties[key] = self._define(key, value)
            if models.is_required(info):
                required.append(key)
        keys_of_it = {
            "properties": {**properties, **(more or {})},
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }
        name = model.__name__.removesuffix("Spec").lower()
        return {"type": "object", "allOf": [self._define(name, keys_of_it)]}

    def _define(self, key: str, value: Schema) -> Schema:
        """Return a reference to a definition; number further definitions of a key."""
        names = (key, *(f"{key}{number}" for number in range(2, 100)))
        # A key may have several types: `rate` of a layer is a range, that of `pes` not.
        name = next(n for n in names if self._definitions.get(n, value) == value)
        self._definitions[name] = value
        return {"$ref": f"#/definitions/{name}"}

    def _value(self, key: str, field: Field[Any]) -> Schema:
        if key == "sources":
            return _or_list(_NAME, _NAME)
        if key == "neuron":
            return self._neuron()
        if choices := keywords.CHOICES.get(key):
            return _choice({m.word: self._mapping(m) for m in choices.values()})
        return _plain(field)

    def _neuron(self) -> Schema:
        no_settings: Schema = {"type": "object", "maxProperties": 0}
        with_settings = self._mapping(NeuronSpec)
        return _choice(
            {
                word: with_settings if keywords.settings_of(word.text) else no_settings
                for word in keywords.NEURONS.values()
            }
        )


def _describe(schema: Schema, description: str) -> Schema:
    return {"description": description, **schema}


def _choice(
    inner: Mapping[ValueWord, Schema], bare: tuple[str, ...] | None = None
) -> Schema:
    # In YAML, the value of `adam:` is null.
    below = {
        word.text: _describe({**schema, "type": ["object", "null"]}, word.about)
        for word, schema in inner.items()
    }
    return {
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": list(below if bare is None else bare)},
        "properties": below,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


_NUMBERS = (["integer", "string"], ["number", "string"])
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


def _plain(field: Field[Any]) -> Schema:
    """Return the schema of a value that is not a mapping.

    It has the limits of a number; a schema can't express the limits of a time. Raise
    TypeError if the schema of the field's type is unknown.
    """
    parts = [*types_in(field.type)]
    for part in parts:
        if isinstance(part, ReadBy) and part.func in _FORMS:
            form = _FORMS[part.func]
            return form | _bounds(parts) if form.get("type") in _NUMBERS else form
    literals = [part for part in parts if isinstance(part, (str, int))]
    if not literals:
        raise TypeError(f"there is no schema of {field.type}")
    return {"enum": [*literals, *(str(v) for v in literals if isinstance(v, int))]}


def _bounds(notes: Iterable[object]) -> Schema:
    limits = (note.to_dict().items() for note in notes if isinstance(note, Limits))
    return {_BOUNDS[name]: bound for name, bound in chain(*limits)}

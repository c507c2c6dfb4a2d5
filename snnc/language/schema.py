"""The JSON Schema (draft-07) of the YAML notation, from the spec's models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from snnc.language import extents, names, phases, scalars
from snnc.language.described import description
from snnc.language.fields import keys_of, parts_of
from snnc.language.forms import (
    CHOICES,
    FORMS,
    MODELS,
    NEURONS,
    kinds,
    may_be_bare,
    scope_keys,
    settings_of,
)
from snnc.language.literals import NeuronSpec
from snnc.language.model import SCOPES, DefaultsSpec
from snnc.language.table import Word

DRAFT = "http://json-schema.org/draft-07/schema#"
Schema = dict[str, Any]

_NUMBER = r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?"


def _text(pattern: str, kind: str = "") -> Schema:
    """A string of a form, or what YAML makes of it: a number needs no quotes."""
    types = {"type": [kind, "string"]} if kind else {"type": "string"}
    return {**types, "pattern": f"^{pattern}$"}


def _dims(word: str = "") -> Schema:
    """Dims as ``3x3``, as one integer, as a list, or a word in their place."""
    sizes = _text(r"\d+(x\d+)*" if not word else rf"(\d+(x\d+)*|{word})", "integer")
    item = {**_text(r"\d+", "integer"), "minimum": 1}
    items = {"type": "array", "items": item, "minItems": 1}
    return {"anyOf": [{**sizes, "minimum": 1}, items]}


_NAME = _text(r"[A-Za-z]\w*")
_LABELS: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 2}
_NAMES: Schema = {"type": "array", "items": _NAME, "minItems": 1}
_PAIR: Schema = {"type": "array", "items": {"type": "number"}}
_VALUES: Schema = {
    "anyOf": [
        _text(rf"{_NUMBER}\.\.{_NUMBER}"),
        {**_PAIR, "minItems": 2, "maxItems": 2},
    ]
}
_PHASES: Schema = {
    "type": "array",
    "items": {"enum": list(phases.PHASES)},
    "minItems": 1,
    "uniqueItems": True,
}
_EMPTY: Schema = {"type": "null"}

_FORMS: dict[Any, Schema] = {
    scalars.whole: _text(r"[+-]?\d+", "integer"),
    scalars.amount: _text(_NUMBER, "number"),
    scalars.share: _text(_NUMBER, "number"),
    scalars.flag: {"enum": [True, False, "on", "off", "true", "false"]},
    scalars.seconds: _text(rf"{_NUMBER}\s+(s|ms|us)"),
    extents.rates: _text(rf"({_NUMBER})?\.\.{_NUMBER}\s+Hz"),
    extents.values: _VALUES,
    extents.dims: _dims(),
    extents.shape: _dims(),
    extents.window: _dims("all"),
    extents.block: _dims("auto"),
    names.identifier: _NAME,
    phases.phases: _PHASES,
    names.classes: {"anyOf": [{**_text(r"\d+", "integer"), "minimum": 2}, _LABELS]},
}
_FILE = {
    "snn": "The edition of the language: 1.",
    "network": "The network's name, which is the generated package's.",
    "layers": "The layers in order, each one key: its kind.",
}
"""What keys of a YAML file mean that are no statements."""


def schema() -> Schema:
    """Return the schema of a YAML spec; every key carries its description."""
    properties = {
        "snn": {"enum": [1, "1"]},
        "network": _NAME,
        **{kind: _statement(kind) for kind in kinds("front", "encoder")},
        "layers": {"type": "array", "items": _layer()},
        **{kind: _statement(kind) for kind in kinds("back")},
    }
    about = _FILE | {kind: form.about for kind, form in FORMS.items()}
    return {
        "$schema": DRAFT,
        "title": "snnc, edition 1",
        "type": "object",
        "properties": {k: _told(v, about[k]) for k, v in properties.items()},
        "required": ["snn", "network", "input", "readout"],
        "additionalProperties": False,
    }


def _statement(kind: str) -> Schema:
    if kind not in MODELS:
        return {"type": "string"}
    if kind == "neuron":
        return _neuron()
    if kind == "defaults":
        defaults = _defaults()
        return {"anyOf": [defaults, {"type": "array", "items": defaults}]}
    models = MODELS[kind]
    if "" in models:
        return _mapping(models[""])
    return _choice({m.variant: _mapping(m) for m in models.values() if m.variant})


def _told(schema: Schema, description: str) -> Schema:
    return {"description": description, **schema}


def _layer() -> Schema:
    found = {
        Word(kind, form.about): _statement(kind)
        for kind, form in FORMS.items()
        if form.is_layer
    }
    return _choice(found, bare=tuple(filter(may_be_bare, FORMS)))


def _defaults() -> Schema:
    """Properties, and properties by kind of layer."""
    schema = _mapping(DefaultsSpec)
    scopes = {
        kind: _told(_mapping(DefaultsSpec, scope_keys(kind)), FORMS[kind].about)
        for kind in SCOPES
    }
    schema["properties"] = {**schema["properties"], **scopes}
    return schema


def _choice(
    inner: Mapping[Word, Schema], bare: tuple[str, ...] | None = None
) -> Schema:
    """One of several words, with a mapping of properties below it or without."""
    below = {
        word.text: _told({"anyOf": [schema, _EMPTY]}, word.about)
        for word, schema in inner.items()
    }
    mapping = {
        "type": "object",
        "properties": below,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return {"anyOf": [{"enum": list(below if bare is None else bare)}, mapping]}


def _mapping(model: type[BaseModel], keys: tuple[str, ...] | None = None) -> Schema:
    """Return the schema of a statement's properties, if need be of some alone."""
    properties: Schema = {}
    required = []
    parts = parts_of(model)
    for field in (*parts, *(keys_of(model) if keys is None else keys)):
        info = model.model_fields[field]
        key = parts[field].key if field in parts else field
        properties[key] = _told(_value(field, info), description(model, field))
        if info.is_required():
            required.append(key)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _value(field: str, info: Any) -> Schema:
    if field == "sources":
        return {"anyOf": [_NAME, _NAMES]}
    if field == "neuron":
        return _neuron()
    if field in CHOICES:
        return _choice({m.word: _mapping(m) for m in CHOICES[field].values()})
    for part in _parts(info.annotation, info.metadata):
        if isinstance(part, BeforeValidator) and part.func in _FORMS:
            form = _FORMS[part.func]
            return {**form, **_limits(info)} if form.get("type") in _NUMBERS else form
    literals = [
        value
        for part in _parts(info.annotation, [])
        if get_origin(part) is Literal
        for value in get_args(part)
    ]
    return {"enum": [*literals, *(str(v) for v in literals if isinstance(v, int))]}


_NUMBERS = (["integer", "string"], ["number", "string"])
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


def _limits(info: Any) -> Schema:
    """The bounds of a number; those of a time are beyond what a schema can say."""
    parts = _parts(info.annotation, info.metadata)
    inner = [limit for part in parts for limit in getattr(part, "metadata", ())]
    return {
        word: getattr(part, bound)
        for part in (*parts, *inner)
        for bound, word in _BOUNDS.items()
        if isinstance(getattr(part, bound, None), (int, float))
    }


def _neuron() -> Schema:
    relu: Schema = {"type": "object", "maxProperties": 0}
    return _choice(
        {
            word: _mapping(NeuronSpec) if settings_of(word.text) else relu
            for word in NEURONS.values()
        }
    )


def _parts(annotation: Any, metadata: list[Any]) -> list[Any]:
    """An annotation, what it is made of, and what is said about it."""
    inner = [] if get_origin(annotation) is Literal else get_args(annotation)
    found = [annotation, *metadata, *getattr(annotation, "__metadata__", ())]
    for part in inner:
        found += _parts(part, [])
    return found

"""The JSON Schema (draft-07) of the YAML notation, from the spec's models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from snnc.language import extents, model, names, scalars, training
from snnc.language.descriptions import KEYS, STATEMENTS
from snnc.language.literals import NeuronSpec

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
_EMPTY: Schema = {"type": "null"}

_FORMS: dict[Any, Schema] = {
    scalars.whole: _text(r"[+-]?\d+", "integer"),
    scalars.amount: _text(_NUMBER, "number"),
    scalars.flag: {"enum": [True, False, "on", "off", "true", "false"]},
    scalars.seconds: _text(rf"{_NUMBER}\s+(s|ms|us)"),
    extents.rates: _text(rf"({_NUMBER})?\.\.{_NUMBER}\s+Hz"),
    extents.values: _VALUES,
    extents.dims: _dims(),
    extents.shape: _dims(),
    extents.window: _dims("all"),
    extents.block: _dims("auto"),
    names.identifier: _NAME,
    names.classes: {"anyOf": [{**_text(r"\d+", "integer"), "minimum": 2}, _LABELS]},
}
_PARTS = {"within": "in", "mapped": "as", "sources": "from"}
_HIDDEN = frozenset(("kind", "layer"))
_LAYERS: dict[str, type[BaseModel]] = {
    "conv1d": model.ConvSpec,
    "conv2d": model.ConvSpec,
    "conv3d": model.ConvSpec,
    "downsample": model.DownsampleSpec,
    "avgpool": model.AveragePoolSpec,
    "dense": model.DenseSpec,
    "add": model.JoinSpec,
    "concat": model.JoinSpec,
}
_SCOPES = ("conv1d", "conv2d", "conv3d", "downsample", "dense")


def schema() -> Schema:
    """Return the schema of a YAML spec; every key carries its description."""
    encode = _choice(
        {
            "conv": _mapping(model.ConvEncoderSpec),
            "rate": _mapping(model.RateEncoderSpec),
        }
    )
    target = {
        "loihi": _mapping(model.LoihiTarget),
        "nengo": _mapping(model.NengoTarget),
    }
    defaults = _defaults()
    properties = {
        "snn": {"enum": [1, "1"]},
        "network": _NAME,
        "about": {"type": "string"},
        "target": _choice(target),
        "timing": _mapping(model.TimingSpec),
        "neuron": _neuron(),
        "defaults": {"anyOf": [defaults, {"type": "array", "items": defaults}]},
        "input": _mapping(model.InputSpec),
        "encode": encode,
        "layers": {"type": "array", "items": _layer(encode)},
        "readout": _mapping(model.ReadoutSpec, "readout"),
        "train": _mapping(training.TrainSpec),
    }
    return {
        "$schema": DRAFT,
        "title": "snnc, edition 1",
        "type": "object",
        "properties": {k: _told(v, STATEMENTS[k]) for k, v in properties.items()},
        "required": ["snn", "network", "input", "readout"],
        "additionalProperties": False,
    }


def _told(schema: Schema, description: str) -> Schema:
    return {"description": description, **schema}


def _layer(encode: Schema) -> Schema:
    kinds = {kind: _mapping(layer) for kind, layer in _LAYERS.items()}
    kinds["encode"] = encode
    return _choice(kinds, bare=("avgpool",))


def _defaults() -> Schema:
    """Properties, and properties by kind of layer."""
    schema = _mapping(model.DefaultsSpec)
    inner = _mapping(model.DefaultsSpec)
    scopes = {kind: _told(inner, STATEMENTS[kind]) for kind in _SCOPES}
    schema["properties"] = {**schema["properties"], **scopes}
    return schema


def _choice(kinds: Mapping[str, Schema], bare: tuple[str, ...] | None = None) -> Schema:
    """One of several words, with a mapping of properties below it or without."""
    below = {
        kind: _told({"anyOf": [inner, _EMPTY]}, STATEMENTS[kind])
        for kind, inner in kinds.items()
    }
    mapping = {
        "type": "object",
        "properties": below,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return {"anyOf": [{"enum": list(kinds if bare is None else bare)}, mapping]}


def _mapping(model_class: type[BaseModel], owner: str = "") -> Schema:
    """Return the schema of a statement's properties."""
    properties: Schema = {}
    required = []
    for field, info in model_class.model_fields.items():
        if field in _HIDDEN:
            continue
        key = _PARTS.get(field, field)
        description = KEYS.get(f"{owner}.{key}") or KEYS[key]
        properties[key] = _told(_value(field, info), description)
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
    if field in ("loss", "optimizer"):
        models = training.LOSSES if field == "loss" else training.OPTIMIZERS
        return _choice({m.model_fields["kind"].default: _mapping(m) for m in models})
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
    lif = _mapping(NeuronSpec)
    relu: Schema = {"type": "object", "maxProperties": 0}
    return _choice({"relu": relu, "lif": lif})


def _parts(annotation: Any, metadata: list[Any]) -> list[Any]:
    """An annotation, what it is made of, and what is said about it."""
    inner = [] if get_origin(annotation) is Literal else get_args(annotation)
    found = [annotation, *metadata, *getattr(annotation, "__metadata__", ())]
    for part in inner:
        found += _parts(part, [])
    return found

"""The attributes of layers in Python, from the table of the language."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal

from snnc.language.keywords import MODELS, keys_of, kinds, note
from snnc.language.model import DefaultsSpec
from snnc.language.models import Model, Otherwise, fields_of, is_required

HEAD = '''\
"""The attributes of layers: ``make accept`` writes them from the language table."""

from __future__ import annotations

from typing import Literal

from snnc.language.properties import NeuronSpec


class LayerAttributes:
    """A layer's name, kind, sources and shape, and the properties of all kinds."""

    name: str
    kind: str
    sources: tuple[str, ...]
    shape: tuple[int, ...]
'''
SIZE_WORDS = {"all"}
"""Words for sizes: a layer has the sizes themselves."""


def attributes_text() -> str:
    """Return the text of the module `snnc.ir.layer_attributes`."""
    models = [m for kind in kinds("encoder", "layer") for m in MODELS[kind].values()]
    keys = dict.fromkeys(key for model in models for key in keys_of(model))
    return HEAD + "".join(
        f"    {key}: {_type(key, [m for m in models if key in keys_of(m)])}\n"
        for key in keys
    )


def _type(key: str, models: list[type[Model]]) -> str:
    """Write the type of a property's values in any of the models."""
    parts = [part for model in models for part in _parts(fields_of(model)[key].type)]
    words = dict.fromkeys(part for part in parts if isinstance(part, str | int))
    types = dict.fromkeys(_name(part) for part in parts if part not in words)
    quoted = [json.dumps(word) for word in words if word not in SIZE_WORDS]
    written = [*types]
    if quoted:
        written.append(f"Literal[{', '.join(quoted)}]")
    if any(_may_lack(key, model) for model in models):
        written.append("None")
    return " | ".join(written)


def _parts(kind: object) -> Iterator[Any]:
    """Yield the members of a union, and the words of a literal, without notes."""
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin is Annotated:
        yield from _parts(arguments[0])
    elif origin in (typing.Union, UnionType):
        for part in arguments:
            yield from _parts(part)
    elif origin is Literal:
        yield from arguments
    elif kind is not NoneType:
        yield kind


def _name(kind: Any) -> str:
    is_class = isinstance(kind, type) and not typing.get_args(kind)
    return kind.__name__ if is_class else str(kind)


def _may_lack(key: str, model: type[Model]) -> bool:
    """Return whether a layer may have no value, because nothing has a default."""
    field = fields_of(model)[key]
    has_default = is_required(field) or field.default is not None
    return not (has_default or note(field, Otherwise) or key in keys_of(DefaultsSpec))

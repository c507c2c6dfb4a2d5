"""From the parsed texts of a model file to `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snnc.importer.entries import malformed
from snnc.importer.flat import flatten
from snnc.importer.graph import read_graph
from snnc.importer.model import Compiled, Model
from snnc.importer.options import plain
from snnc.importer.parts import Graph

POLICIES = {"DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1"}
_VALUES = {"__numpy__", "__tensor__", "__bytes__"}
_ITEMS = {"__tuple__", "TensorShape"}


def unwrapped(value: Any) -> Any:
    """Return a configuration with plain values in place of all such objects."""
    if isinstance(value, list):
        return [unwrapped(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: unwrapped(item) for key, item in value.items()}
    return _literal(found, found.get("class_name"))


def _literal(value: Mapping[str, Any], kind: Any) -> Any:
    if not isinstance(kind, str):
        return value
    config = value.get("config", value)
    if kind in _ITEMS and "items" in value:
        return value["items"]
    if kind in _VALUES and isinstance(config, dict) and "value" in config:
        return config["value"]
    if kind in POLICIES and isinstance(config, dict) and "name" in config:
        return config["name"]
    return value


def build(config: Any, keras: str | None, training: Any) -> tuple[Model, Graph]:
    """Return a model and its graph.

    Parameters
    ----------
    config :
        The serialised model: an object with ``class_name`` and ``config``.
    keras :
        The version that wrote it.
    training :
        How it was compiled, with ``loss`` and ``optimizer`` or ``optimizer_config``;
        None if it was not.

    Raises
    ------
    RefusedError
        If it has no graph, or one that Keras does not write.
    """
    config, training = unwrapped(config), unwrapped(training)
    if not isinstance(config, dict):
        raise malformed("the model", "it is no object")
    version = keras if keras is not None else config.get("keras_version")
    version = version if isinstance(version, str) else None
    graph = read_graph(config)
    layers, outputs = flatten(graph)
    compiled = _compiled(training or config.get("compile_config"))
    model = Model(graph.name, version, layers, graph.inputs, outputs, compiled)
    return model, graph


def _compiled(training: Any) -> Compiled | None:
    if not isinstance(training, Mapping) or not training.get("loss"):
        return None
    optimizer = training.get("optimizer") or training.get("optimizer_config")
    return Compiled(plain(training["loss"]), plain(optimizer))

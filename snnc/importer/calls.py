"""What a layer of a functional model is called with.

Keras 2 writes a call as a list of ``[layer, node, tensor, keywords]``, Keras 3 as
``{"args", "kwargs"}`` with tensors as ``__keras_tensor__`` objects, in which
``keras_history`` is ``[layer, node, tensor]``. The node says which call of a layer gave
a tensor; Keras counts those of submodels from 0 or from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from snnc.importer.parts import Tensor

CONSTANT = "_CONSTANT_VALUE"  # keras/engine/node.py of Keras 2


@dataclass(frozen=True, slots=True)
class Call:
    """The tensors of a call, in their order, and whatever else it is given.

    Attributes
    ----------
    others :
        By keyword, or by the number of the argument as text; without those that are
        None.
    """

    tensors: tuple[Tensor, ...]
    others: Mapping[str, Any]


def read_calls(nodes: Any) -> tuple[Call, ...]:
    """Return the calls that an ``inbound_nodes`` says.

    Raises
    ------
    ValueError
        If it says none in any of Keras's ways.
    """
    if not isinstance(nodes, list):
        raise ValueError("its inbound_nodes are no list")
    return tuple(_read_call(node) for node in nodes)


def read_tensors(value: Any) -> tuple[Tensor, ...]:
    """Return the tensors that ``input_layers`` or ``output_layers`` list.

    Raises
    ------
    ValueError
        If it holds anything else.
    """
    found = tuple(_tensors(value))
    if not found:
        raise ValueError("its inputs or outputs name no layers")
    return found


def _read_call(node: Any) -> Call:
    if isinstance(node, dict):
        return _read_new(node)
    if not isinstance(node, list):
        raise ValueError("one of its inbound_nodes is no call")
    pieces = [node] if _is_tensor(node) or _is_constant(node) else node
    tensors: list[Tensor] = []
    others: dict[str, Any] = {}
    for number, piece in enumerate(pieces):
        if _is_constant(piece):
            others[str(number)] = piece[2]
        elif _is_tensor(piece):
            tensors.append(Tensor(piece[0], piece[2], piece[1]))
        else:
            raise ValueError("one of its inbound_nodes reads no layer")
        keywords = piece[3] if len(piece) > 3 else {}
        if not isinstance(keywords, dict):
            raise ValueError("one of its inbound_nodes has no keywords")
        _sort(keywords, tensors, others)
    return Call(tuple(tensors), others)


def _read_new(node: Mapping[str, Any]) -> Call:
    arguments, keywords = node.get("args", []), node.get("kwargs", {})
    if not isinstance(arguments, list) or not isinstance(keywords, dict):
        raise ValueError("one of its inbound_nodes has no args or kwargs")
    tensors: list[Tensor] = []
    others: dict[str, Any] = {}
    numbered = {str(number): value for number, value in enumerate(arguments)}
    _sort({**numbered, **keywords}, tensors, others)
    return Call(tuple(tensors), others)


def _sort(
    arguments: Mapping[str, Any], tensors: list[Tensor], others: dict[str, Any]
) -> None:
    """Take the tensors among arguments apart from the rest."""
    for key, value in arguments.items():
        found = _known(value)
        if found:
            tensors.extend(found)
        elif value is not None:
            others[key] = value


def _known(value: Any) -> list[Tensor]:
    """Return the tensors in an argument, or none if it is something else."""
    try:
        return list(_tensors(value))
    except ValueError:
        return []


def _tensors(value: Any) -> Iterator[Tensor]:
    if _is_tensor(value):
        yield Tensor(value[0], value[2], value[1])
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        history = config.get("keras_history") if isinstance(config, dict) else None
        if history is None or not _is_tensor(history):
            raise ValueError("a tensor has no keras_history")
        yield Tensor(history[0], history[2], history[1])
    elif isinstance(value, dict) and "class_name" not in value:
        for inner in value.values():
            yield from _tensors(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tensors(inner)
    else:
        raise ValueError("something else stands in place of a layer's output")


def _is_tensor(value: Any) -> bool:
    if not isinstance(value, list) or not 3 <= len(value) <= 4:
        return False
    name, node, tensor = value[:3]
    numbers = type(node) is int and type(tensor) is int and node >= 0 <= tensor
    return isinstance(name, str) and numbers


def _is_constant(value: Any) -> bool:
    return isinstance(value, list) and 3 <= len(value) <= 4 and value[0] == CONSTANT

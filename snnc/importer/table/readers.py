"""Register the reader of each Keras class, and check that Keras wrote a layer.

A reader gets a layer, the state of the conversion and the layer's input. It records
decisions and drafts, and returns the layer's output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from snnc.importer.draft import BROKEN, Value
from snnc.importer.layer_config import malformed
from snnc.importer.model import KerasLayer
from snnc.importer.state import CurrentLayer
from snnc.importer.table.options import fits, tell_options

ReadLayer = Callable[[CurrentLayer], Value]
ReadSource = Callable[[CurrentLayer, Value], Value]
ReadSources = Callable[[CurrentLayer, list[Value]], Value]


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a Keras class.

    Attributes
    ----------
    required :
        The options that a layer must have.
    joins :
        Whether the layer may have several inputs.
    is_checked :
        Whether `check_options` checks the layer's options and its number of inputs.
    """

    read: ReadLayer
    required: tuple[str, ...] = ()
    joins: bool = False
    is_checked: bool = True


READERS: dict[str, Reader] = {}
"""Readers by Keras class; `REFUSED` lists the layers that the chip can't run."""


def each_rank(name: str) -> tuple[str, ...]:
    """Return the dimensional variants of a class, such as ``Conv2D``."""
    return tuple(f"{name}{rank}D" for rank in (1, 2, 3))


def reads(
    *kinds: str,
    keeps: tuple[str, ...] | None = None,
    required: tuple[str, ...] = (),
    is_checked: bool = True,
) -> Callable[[ReadSource], ReadSource]:
    """Register a function that reads layers whose input is known.

    Parameters
    ----------
    keeps :
        The options that the spec keeps; None if no decisions on options are recorded.
    """

    def register(read: ReadSource) -> ReadSource:
        def read_layer(layer: CurrentLayer) -> Value:
            if keeps is not None:
                tell_options(layer, *keeps)
            value = layer.source
            return value if value.broken else read(layer, value)

        reader = Reader(read_layer, required, is_checked=is_checked)
        READERS.update(dict.fromkeys(kinds, reader))
        return read

    return register


def reads_all(kind: str) -> Callable[[ReadSources], ReadSources]:
    """Register a function that reads layers with several inputs, which are known."""

    def register(read: ReadSources) -> ReadSources:
        def read_layer(layer: CurrentLayer) -> Value:
            values = [layer.state.values[name] for name in layer.reads]
            is_broken = any(value.broken for value in values)
            return BROKEN if is_broken else read(layer, values)

        READERS[kind] = Reader(read_layer, joins=True)
        return read

    return register


def check_options(layer: KerasLayer, reader: Reader) -> None:
    """Refuse options and numbers of inputs that Keras does not write.

    Raises
    ------
    RefusedModelError
        With SNN811, which names the option.
    """
    for option in reader.required:
        if layer.options.get(option) is None:
            raise malformed(f"`{layer.name}`", f"it has no {option}")
    if not reader.is_checked:
        return
    for option, value in layer.options.items():
        if not fits(layer.kind, option, value):
            raise malformed(f"`{layer.name}`", f"its {option} is {value!r}"[:80])
    if not layer.reads and layer.kind != "InputLayer":
        raise malformed(f"`{layer.name}`", "it reads nothing")
    most = 2 if layer.kind == "Subtract" else len(layer.reads)
    if len(layer.reads) > (most if reader.joins else 1):
        raise malformed(f"`{layer.name}`", f"it reads {len(layer.reads)} layers")

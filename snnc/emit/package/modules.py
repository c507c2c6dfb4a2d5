"""All modules of the generated package, the shortest of them made here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from snnc import runtime
from snnc.emit.files import LIBRARY, Module, render
from snnc.emit.keras.model import keras_model, train
from snnc.emit.nengo.network import evaluate, nengo_network
from snnc.emit.package.network import network_data
from snnc.emit.python import (
    Bracket,
    call,
    imported,
    items,
    module_docstring,
    quote,
)
from snnc.ir.layout import (
    BIAS_AXES,
    DENSE_AXES,
    DEPTHWISE_AXES,
    SPATIAL_AXES,
    Tensor,
    layout_id,
    tensors,
)
from snnc.ir.logical import Network
from snnc.ir.routed import RoutedNetwork

MODULES = (
    "The modules: ``layout`` reads and writes weights, ``keras_model`` builds the"
    " Keras model, ``train`` trains it, ``nengo_network`` builds the spiking network"
    " and ``evaluate`` runs it. None is imported here, as each brings its framework."
)


def docstring_module(network: Network) -> Module:
    """Return ``__init__.py``; it imports nothing, so that importing stays cheap."""
    docstring = module_docstring(
        "The spiking network {name}: trained by Keras, run by Nengo.",
        network.name,
        network.about,
        MODULES,
    )
    return Module("__init__.py", f"{docstring}\n")


def typed_marker() -> Module:
    """Return the empty file that tells type checkers to read the package."""
    return Module("py.typed", "")


@cache
def library() -> tuple[Module, ...]:
    """Return the modules of ``snnc/runtime``, byte for byte, in alphabetical order."""
    folder = Path(runtime.__file__).parent
    return tuple(
        Module(f"{LIBRARY}/{path.name}", path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.py"))
    )


def package_modules(routed: RoutedNetwork) -> tuple[Module, ...]:
    """Return the modules of the package in alphabetical order of their paths."""
    network = routed.mapped.lowered.network
    modules = (
        *library(),
        docstring_module(network),
        evaluate(network),
        keras_model(network),
        layout(network),
        nengo_network(routed),
        network_data(routed),
        train(network),
        typed_marker(),
    )
    return tuple(sorted(modules, key=lambda module: module.path))


AXES: Mapping[tuple[str, ...], str] = {
    BIAS_AXES: "BIAS",
    **{(*axes, *BIAS_AXES): f"BIAS{n}D" for n, axes in SPATIAL_AXES.items()},
    DENSE_AXES: "DENSE",
    **{(*axes, *DENSE_AXES): f"CONV{n}D" for n, axes in SPATIAL_AXES.items()},
    **{(*axes, *DEPTHWISE_AXES): f"DEPTHWISE{n}D" for n, axes in SPATIAL_AXES.items()},
}
"""The names that the run-time library has for them, which loads NumPy."""


def layout(network: Network) -> Module:
    """Return the module that names this network's weights."""
    weights = tensors(network)
    body = render(
        "package/templates/layout.py.jinja",
        docstring=module_docstring(
            "The weight layout of {name}, and the safetensors files that hold it.",
            network.name,
            "Tensors are in Keras order, float32. Batch norm is folded into them.",
        ),
        layout_id=layout_id(weights),
        imports=_imports(weights),
        tensors=Bracket("TENSORS = (", [_row(tensor) for tensor in weights]).at(0),
    )
    return Module("layout.py", body)


def _imports(weights: tuple[Tensor, ...]) -> str:
    names = sorted({AXES[tensor.axes] for tensor in weights})
    names += ["FileName", "Layout", "Tensor", "Tensors"]
    return imported("._runtime.layout", names)


def _row(tensor: Tensor) -> Bracket:
    arguments = [quote(tensor.name), items(tensor.shape), AXES[tensor.axes]]
    if tensor.zeros:
        arguments.append("zeros=True")
    return call("Tensor", *arguments)

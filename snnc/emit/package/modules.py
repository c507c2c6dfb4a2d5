"""All modules of the generated package, the shortest of them made here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from snnc import runtime
from snnc.emit.files import LIBRARY, Module, render
from snnc.emit.keras.model import keras_model, train
from snnc.emit.nengo.network import evaluate, nengo_network
from snnc.emit.package.layout import layout
from snnc.emit.package.network import network_data
from snnc.emit.python import module_docstring
from snnc.ir.logical import Network
from snnc.ir.mapped import MappedNetwork

MODULES = (
    "The modules: ``layout`` reads and writes weights, ``keras_model`` builds the"
    " Keras model, ``train`` trains it, ``nengo_network`` builds the spiking network"
    " and ``evaluate`` runs it. None is imported here, as each brings its framework."
)


def docstring_module(network: Network) -> Module:
    """Return ``__init__.py``; it imports nothing, so that importing stays cheap."""
    body = render(
        "package/templates/__init__.py.jinja",
        docstring=module_docstring(
            "The spiking network {name}: trained by Keras, run by Nengo.",
            network.name,
            network.about,
            MODULES,
        ),
    )
    return Module("__init__.py", body)


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


def package_modules(mapped: MappedNetwork) -> tuple[Module, ...]:
    """Return the modules of the package in alphabetical order of their paths."""
    network = mapped.lowered.network
    modules = (
        *library(),
        docstring_module(network),
        evaluate(network),
        keras_model(network),
        layout(network),
        nengo_network(mapped),
        network_data(mapped),
        train(network),
        typed_marker(),
    )
    return tuple(sorted(modules, key=lambda module: module.path))

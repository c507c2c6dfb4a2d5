"""``__init__.py``, which is the package's docstring, and ``py.typed``."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.quoting import module_docstring
from snnc.graph.logical import Network

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

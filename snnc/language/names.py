"""Decide which words can be the names of layers, networks and packages."""

from __future__ import annotations

import keyword
import sys

KINDS: set[str] = set()
"""The first words of statements; each statement model adds its own."""
HEADERS = frozenset(("snn", "network"))
_REFUSED = "softmax sigmoid tanh elu gelu swish lstm layernorm upsample events repeat"
REFUSED = frozenset(_REFUSED.split())
"""Words of other libraries that snnc refuses with an explanation."""

# With longer names, no layout of the generated code would survive every formatter.
LONGEST_NAME = 40
# `keyword.softkwlist` of the newest Python, so that every version accepts the same
# names.
SOFT_KEYWORDS = frozenset({"case", "match", "type"})
# The imports of the generated package, the imports of these libraries, and standard
# modules that are not in `sys.stdlib_module_names`.
_LIBRARIES = """
absl astunparse certifi charset_normalizer cloudpickle flatbuffers gast google h5py
idna jax jaxlib jinja2 joblib keras markupsafe ml_dtypes nengo nengo_dl nengo_loihi
numpy opt_einsum packaging pkg_resources progressbar pygments python_utils requests
safetensors scipy setuptools six sklearn snnc tensorboard tensorflow termcolor test
threadpoolctl typing_extensions urllib3 wrapt
"""
LIBRARIES = frozenset(_LIBRARIES.split())
# Windows allows no folder with such a name, in upper or lower case.
DEVICES = frozenset(
    {"aux", "con", "nul", "prn"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)


def is_reserved(word: str) -> bool:
    """Return whether a word can't be a name."""
    # `events` is reserved only at the start of a statement, so a layer may have this
    # name.
    return word != "events" and (word in KINDS or word in HEADERS | REFUSED)


def why_no_name(name: str) -> str:
    """Return why a word can't be a name, or an empty string if it can."""
    if is_reserved(name):
        return "it is a reserved word of the language"
    if keyword.iskeyword(name) or name in SOFT_KEYWORDS:
        return "it is a keyword of Python, the language of the generated code"
    if name.startswith("_"):
        return "Keras accepts no names that begin with an underscore"
    if not (name.isascii() and name.isidentifier()):
        return (
            "a name consists of letters a to z, digits and underscores, and can't "
            "begin with a digit"
        )
    if len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters, but the limit is {LONGEST_NAME}"
    return ""


def why_no_package(name: str) -> str:
    """Return why a word can't be the name of a network and of its package."""
    if name in LIBRARIES or name in sys.stdlib_module_names:
        return "the package would hide the library of the same name"
    if name.lower() in DEVICES:
        return "Windows reserves this name for a device, so no folder can have it"
    return why_no_name(name)

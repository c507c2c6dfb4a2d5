"""Convert names of layers and classes from syntax to strings."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Sequence
from itertools import pairwise

from snnc.language import tree
from snnc.language.readers import bare, limit_error, problem, wrong_type_error

# With longer names, no layout of the generated code would survive every formatter.
LONGEST = 40
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
MOST_CLASSES = 2**16


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
    if len(name) > LONGEST:
        return f"it has {len(name)} characters, but the limit is {LONGEST}"
    return ""


def why_no_package(name: str) -> str:
    """Return why a word can't be the name of a network and of its package."""
    if name in LIBRARIES or name in sys.stdlib_module_names:
        return "the package would hide the library of the same name"
    if name.lower() in DEVICES:
        return "Windows reserves this name for a device, so no folder can have it"
    return why_no_name(name)


def identifier(value: tree.Value) -> str:
    if not isinstance(value, tree.Word):
        raise wrong_type_error("a name", "c0")
    if reason := why_no_name(value.text):
        raise problem("bad_name", name=value.text, reason=reason)
    return value.text


def classes(value: tree.Value) -> int | tuple[str, ...]:
    if isinstance(value, tree.List):
        _check_commas(value.items)
        return _labels(value.items)
    number = bare(value)
    if not isinstance(number, int):
        raise wrong_type_error("a number of classes or a list of their names", "10")
    limit = "a decision needs at least 2 classes"
    advice = "write `classes 2` or more, or `units 1` for a regression"
    if number > MOST_CLASSES:
        limit = f"at most {MOST_CLASSES}"
        advice = f"write at most `classes {MOST_CLASSES}`"
    if not 2 <= number <= MOST_CLASSES:
        raise limit_error(f"{number} is out of range", limit=limit, advice=advice)
    return number


def _check_commas(items: Sequence[tree.Value]) -> None:
    """Refuse ``[cat, polar bear]``, which mixes commas and spaces as separators."""
    text = items[0].span.source.text if items else ""
    spans = [item.span for item in items]
    pairs = [(a, b, text[a.end : b.start]) for a, b in pairwise(spans)]
    if not any("," in gap for _, _, gap in pairs):
        return
    for one, other, gap in pairs:
        if not gap.strip(" \t"):
            name = f"{one.text} {other.text}".replace('"', "")
            raise limit_error(
                f"there is no comma between `{one.text}` and `{other.text}`",
                limit="one or two names",
                advice=f'write `"{name}"`, or put a comma between them',
                span=one.to(other),
            )


def _labels(items: Sequence[tree.Value]) -> tuple[str, ...]:
    seen: dict[str, tree.Value] = {}
    for item in items:
        label, span = bare(item), item.span
        if not isinstance(label, str) or not label.strip():
            raise wrong_type_error("a list of names", "classes [cat, dog]", span=span)
        if label in seen:
            first = seen[label].span
            raise problem("repeated_class", label=label, first=first, span=span)
        seen[label] = item
    if len(seen) < 2:
        raise limit_error(
            "the list is too short",
            limit="a decision needs at least 2 classes",
            advice="name two classes or more, or write `units 1` for a regression",
        )
    return tuple(seen)


KINDS: set[str] = set()
"""The first words of statements; each statement model adds its own."""
HEADERS = frozenset(("snn", "network"))
_REFUSED = "softmax sigmoid tanh elu gelu swish lstm layernorm upsample events repeat"
REFUSED = frozenset(_REFUSED.split())


def is_reserved(word: str) -> bool:
    """Return whether a word can't be a name."""
    # `events` is reserved only at the start of a statement, so a layer may have this
    # name.
    return word != "events" and (word in KINDS or word in HEADERS | REFUSED)

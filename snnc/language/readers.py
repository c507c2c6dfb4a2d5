"""Convert values of properties, and names, from syntax to plain Python.

Times are converted to seconds, and sizes, ranges and lists to tuples.
"""

from __future__ import annotations

import keyword
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic_core import PydanticCustomError

from snnc.language import tree
from snnc.language.written import write_list
from snnc.text.tables import dims as write_dims

KINDS: set[str] = set()
"""The first words of statements; each statement model adds its own."""
HEADERS = frozenset(("snn", "network"))
_REFUSED = "softmax sigmoid tanh elu gelu swish lstm layernorm events repeat"
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


# Divisors, because they are exact: 9 / 1000 is 0.009, but 9 * 0.001 is not.
SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000}
HERTZ = {"Hz": 1}
UNITS = frozenset((*SECONDS, *HERTZ))


def problem(kind: str, **context: object) -> PydanticCustomError:
    """Return an error, which `snnc.passes.validate.wording` puts in words."""
    return PydanticCustomError(kind, kind, context)


def wrong_type_error(
    expected: str, example: str, **context: object
) -> PydanticCustomError:
    """Return the error for a value of the wrong type, with an example."""
    return problem("wrong_type", expected=expected, example=example, **context)


def limit_error(reason: str, limit: str, **context: object) -> PydanticCustomError:
    """Return the error for a value outside its limits."""
    return problem("bad_value", reason=reason, limit=limit, **context)


def needs_unit(units: Mapping[str, int], likely: str) -> PydanticCustomError:
    return problem("missing_unit", units=tuple(units), likely=likely)


LARGEST = 2**31 - 1
_SWITCHES = dict.fromkeys(("true", "yes", "1", "on"), "on") | dict.fromkeys(
    ("false", "no", "none", "null", "0", "off"), "off"
)
SHORTEST = 1e-9
LONGEST = 1e6
"""The limits of nonzero times, in seconds: wide enough for any network."""


def bare(value: tree.Value) -> Any:
    """Unwrap a word, number or string; return other values unchanged."""
    if isinstance(value, tree.Word):
        return value.text
    return value.value if isinstance(value, (tree.Number, tree.Text)) else value


def choice(value: tree.Value) -> dict[str, Any]:
    """Turn ``adam`` or ``adam { ... }`` into a mapping with its ``kind``."""
    if isinstance(value, tree.Group):
        settings = {p.key.text: p.value for p in value.properties}
        return {"kind": value.name.text, **settings}
    if isinstance(value, tree.Word):
        return {"kind": value.text}
    raise wrong_type_error("a name", "adam")


def amount(value: tree.Value) -> float:
    if isinstance(value, tree.Number):
        return float(value.value)
    raise wrong_type_error("a number", "0.2")


def share(value: tree.Value) -> float:
    """Read a fraction below 1."""
    return amount(value)


def whole(value: tree.Value) -> int:
    number = value.value if isinstance(value, tree.Number) else None
    if isinstance(number, float) and 1 <= number <= LARGEST:
        near = str(int(number))
        # 8.0 can only mean 8, while 8.5 may be a mistake of any kind.
        sure = {"instead": near} if number.is_integer() else {"near": near}
        raise wrong_type_error("a whole number", near, **sure)
    if not isinstance(number, int):
        raise wrong_type_error("a whole number", "8")
    if abs(number) > LARGEST:
        limit = f"the limit is {LARGEST}"
        advice = "write a smaller number"
        raise limit_error("the number is too large", limit, advice=advice)
    return number


def flag(value: tree.Value) -> bool:
    word = str(bare(value))
    meant = _SWITCHES.get(word.lower())
    if word in ("on", "true", "off", "false"):
        return meant == "on"
    raise wrong_type_error("`on` or `off`", meant or "on", instead=meant)


def bias(value: tree.Value) -> bool | str:
    """Read a switch, or ``neuron``."""
    return "neuron" if bare(value) == "neuron" else flag(value)


def divisor(unit: tree.Word, units: Mapping[str, int]) -> int:
    if unit.text in units:
        return units[unit.text]
    raise problem("wrong_unit", unit=unit.text, units=tuple(units), span=unit.span)


def seconds(value: tree.Value | None) -> float:
    if isinstance(value, tree.Number):
        # 40 is probably in milliseconds, and 0.04 in seconds.
        raise needs_unit(SECONDS, "ms" if value.value >= 0.5 else "s")
    if not isinstance(value, tree.Quantity):
        raise wrong_type_error("a time", "1 ms")
    time = value.value / divisor(value.unit, SECONDS)
    if time > LONGEST:
        raise limit_error(
            f"{time:g} s is too long",
            limit=f"the limit is {LONGEST:g} s",
            advice="write a shorter time, such as `40 ms`",
        )
    if 0 < time < SHORTEST:
        raise limit_error(
            f"{time:g} s is too short",
            limit=f"at least {SHORTEST:g} s",
            advice="write a longer time, such as `1 ms`",
        )
    return time


SLOWEST = 1.0
"""The smallest upper end of a rate range, in Hz. With typical 7-bit weights,
nengo-loihi keeps 6 bits at 1 Hz and 2 to 4 bits at 0.1 Hz, and fails at 0.01 Hz."""
WIDEST = 1e12
NARROWEST = 1e-12
"""The largest absolute end and the smallest width of an input range. The weights that
scale such values to 1 stay within float32."""
RESOLUTION = 1e-6
"""The smallest width of a range, relative to the larger absolute end. Eight float32
values fit in such a range."""
Phase = Literal["smooth", "scale", "spikes"]

PHASES: tuple[Phase, ...] = ("smooth", "scale", "spikes")


def _ends(
    value: tree.Value, expected: str, example: str, least: float | None = None
) -> tuple[float, float, tree.Word | None]:
    """Return the ends of a range, and its unit; ``least`` replaces a missing end."""
    if isinstance(value, tree.Range) and value.high is not None:
        low = least if value.low is None else value.low
        if low is not None:
            return float(low), float(value.high), value.unit
    raise wrong_type_error(expected, example)


def rates(value: tree.Value) -> tuple[float, float]:
    most = value.value if isinstance(value, (tree.Number, tree.Quantity)) else 0
    example = f"..{most:g} Hz" if most >= SLOWEST else "20..250 Hz"
    low, high, unit = _ends(value, "a range of rates", example, least=0)
    if unit is None:
        raise needs_unit(HERTZ, "Hz")
    divisor(unit, HERTZ)
    if low < 0:
        raise limit_error(
            f"the lower end is {low:g} Hz",
            limit="a rate must be at least 0 Hz",
            instead=f"0..{high:g} Hz" if high >= SLOWEST else "20..250 Hz",
        )
    if high < SLOWEST:
        raise limit_error(
            f"the upper end is {high:g} Hz",
            limit=f"it must be at least {SLOWEST:g} Hz",
            instead="20..250 Hz",
        )
    if low > high:
        raise limit_error(
            f"the range runs backwards, from {low:g} Hz to {high:g} Hz",
            limit="write the lower end first",
            instead=f"{high:g}..{low:g} Hz",
        )
    return low, high


def upper_rate(value: tree.Value) -> tuple[float, float]:
    """Read a range of rates whose lower end is 0."""
    low, high = rates(value)
    if low > 0:
        raise limit_error(
            f"the lower end is {low:g} Hz",
            limit="compared values may be equal, so only the upper end matters",
            instead=f"..{high:g} Hz",
        )
    return low, high


def values(value: tree.Value) -> tuple[float, float]:
    low, high, unit = _ends(value, "a range with both ends", "0..1")
    if unit is not None:
        raise limit_error(
            "a range of values has no unit",
            limit="the input's values are plain numbers",
            span=unit.span,
            instead=f"{low:g}..{high:g}",
        )
    if low >= high:
        raise limit_error(
            f"the range runs from {low:g} to {high:g}",
            limit="the upper end must be above the lower one",
            instead=f"{high:g}..{low:g}" if high < low else f"{low:g}..{low + 1:g}",
        )
    _check_resolution(low, high)
    return low, high


def _check_resolution(low: float, high: float) -> None:
    """Refuse ranges that are too large or too narrow for float32 computations."""
    most = max(abs(low), abs(high))
    if most > WIDEST:
        limit = f"the ends must be from {-WIDEST:g} to {WIDEST:g}"
    elif high - low < NARROWEST:
        limit = f"the ends must be at least {NARROWEST:g} apart"
    elif high - low < RESOLUTION * most:
        limit = "float32 has too few values between the ends"
    else:
        return
    raise limit_error(
        f"the range runs from {low:.9g} to {high:.9g}",
        limit=limit,
        advice="scale the data, and write their new range, such as `0..1`",
    )


def dims(value: tree.Value, *, least: str = "") -> tuple[int, ...]:
    sizes = value.values if isinstance(value, tree.Dims) else (bare(value),)
    if not all(type(size) is int for size in sizes):
        raise wrong_type_error("whole numbers joined by `x`", "3x3")
    for size in sizes:
        if not 1 <= size <= LARGEST:
            nearer = {"instead": least or write_dims([max(s, 1) for s in sizes])}
            if max(sizes) > LARGEST:
                nearer = {"advice": "write smaller sizes"}
            raise limit_error(
                f"a size of {size} is out of range",
                limit=f"each size must be from 1 to {LARGEST}",
                **nearer,
            )
    return sizes


def shape(value: tree.Value) -> tuple[int, ...]:
    sizes = dims(value)
    if len(sizes) > 4:
        raise limit_error(
            f"the shape has {len(sizes)} axes",
            limit="at most depth x height x width x channels",
            advice="write at most four sizes, such as `8x16x16x1`",
        )
    return sizes


def window(value: tree.Value) -> tuple[int, ...] | str:
    return _dims_or("all", value, "a size, dims or `all`", "2x2")


def block(value: tree.Value) -> tuple[int, ...] | str:
    return _dims_or("auto", value, "dims or `auto`", "4x4x16", least="auto")


def _dims_or(
    word: str, value: tree.Value, expected: str, example: str, least: str = ""
) -> tuple[int, ...] | str:
    if bare(value) == word:
        return word
    if isinstance(value, tree.Word):
        raise wrong_type_error(expected, example)
    return dims(value, least=least)


def phases(value: tree.Value) -> tuple[Any, ...]:
    """Read a list of phases; the property's type refuses unknown words."""
    if not isinstance(value, tree.List):
        if bare(value) not in PHASES:
            raise wrong_type_error("a list of phases", write_list(PHASES))
        meant = write_list([bare(value)])
        raise wrong_type_error("a list of phases", meant, instead=meant)
    if not value.items:
        raise limit_error(
            "the list is empty",
            limit="at least one phase",
            advice=f"write `phases {write_list(PHASES)}`, the full list",
        )
    names = tuple(map(bare, value.items))
    if all(name in PHASES for name in names):
        _check_order(names, value.items)
    return names


def _check_order(names: Sequence[Phase], items: Sequence[tree.Value]) -> None:
    """Refuse repeated phases, and phases in the wrong order."""
    instead = write_list(phase for phase in PHASES if phase in names)
    for before, name, item in zip(names, names[1:], items[1:], strict=False):
        if names.index(name) <= names.index(before):
            reason = f"`{name}` is given twice"
            limit = "each phase at most once"
        elif PHASES.index(name) < PHASES.index(before):
            reason = f"`{name}` is after `{before}`"
            limit = f"goes before `{before}`"
        else:
            continue
        raise limit_error(reason, limit=limit, instead=instead, span=item.span)


def identifier(value: tree.Value) -> str:
    if not isinstance(value, tree.Word):
        raise wrong_type_error("a name", "c0")
    if reason := why_no_name(value.text):
        raise problem("bad_name", name=value.text, reason=reason)
    return value.text


MOST_CLASSES = 2**16


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
        label = bare(item)
        span = item.span
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

"""Draws YAML specs as authors might write them: any form, order, spacing, comments."""

from __future__ import annotations

from hypothesis import strategies as st

_REMARK = st.text("ab :{}[]\"',=#é-", max_size=6).map(lambda text: f" # {text}\n")
_END = st.one_of(st.just("\n"), st.just("\n"), st.just("\n\n"), _REMARK)
_OWN = st.lists(st.one_of(_REMARK, st.just("\n")), max_size=2)
_WORD = st.sampled_from(["a", "b1", "stem", "left", "no", "true", "x_2"])
_KEY = st.sampled_from(["filters", "kernel", "rate", "block", "classes", "loss", "l2"])
_ODD_KEY = st.sampled_from(['"a: b"', "''", '"#"', '"\\u2028"', "é", '"filters"'])
_SCALAR = st.sampled_from(
    ["3", "0.25", "1.0e-3", "3x3", "20..150 Hz", "..250 Hz", "5 ms", "same", "on",
     "'5 ms'", '"x # y"', '"a\\n"', "'it''s'", "polar bear", "true", "1_000", '"\\e"']
)  # fmt: skip
_TEXT = st.sampled_from(
    ["Some text.", '"tab\\t, nl\\n"', "|\n    one\n    two", ">-\n    folded\n    text",
     "|+\n    kept\n\n", "'it''s'", '"a\n    b"', "- no list", "plain\n    over lines"]
)  # fmt: skip


@st.composite
def _gap(draw: st.DrawFn, depth: int) -> str:
    """Blanks, line ends and comments within brackets."""
    if draw(st.integers(0, 2)):
        return draw(st.sampled_from(["", " "]))
    indent = "  " * depth
    return "".join([draw(_END), *(f"{indent}{own}" for own in draw(_OWN)), indent])


@st.composite
def _flow(draw: st.DrawFn, brackets: str, items: list[str], depth: int) -> str:
    text = brackets[0]
    for index, item in enumerate(items):
        comma = "," if index else ""
        text += f"{draw(_gap(depth))}{comma} {draw(_gap(depth))}{item}"
    return f"{text}{draw(_gap(depth))}{brackets[1]}"


@st.composite
def _value(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 5))
    if kind == 0:
        items = draw(st.lists(_SCALAR, max_size=3))
        return draw(_flow("[]", items, depth))
    if kind == 1:
        pairs = draw(_pairs(2))
        inner = draw(_flow("{}", [f"{k}: {v}" for k, v in pairs.items()], depth))
        return draw(_flow("{}", [f"lif: {inner}"], depth))
    return draw(_SCALAR)


@st.composite
def _pairs(draw: st.DrawFn, most: int) -> dict[str, str]:
    key = st.one_of(_KEY, _KEY, _KEY, _ODD_KEY)
    keys = draw(st.lists(key, max_size=most, unique_by=lambda k: k.strip('"')))
    return {key: draw(_SCALAR) for key in keys}


@st.composite
def _mapping(draw: st.DrawFn, head: dict[str, str], depth: int) -> str:
    """Draw a mapping of a key: in braces on its line, or below it."""
    keys = draw(st.lists(_KEY, max_size=3, unique=True))
    pairs = {**head, **draw(_pairs(1)), **{k: draw(_value(depth + 1)) for k in keys}}
    flow = [f"{key}: {value}" for key, value in pairs.items()]
    if not pairs or draw(st.booleans()):
        return " " + draw(_flow("{}", flow, depth + 1)) + draw(_END)
    indent, text = "  " * depth, draw(_END)
    for line in flow:
        text += "".join(f"{indent}{own}" for own in draw(_OWN))
        text += f"{indent}{line}{draw(_END)}"
    return text


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Return the text of a YAML spec, most of them without syntax errors."""
    name = {"name": draw(_WORD)}
    parts = [f"network: {draw(_WORD)}{draw(_END)}"]
    if draw(st.booleans()):
        parts.append(f"about: {draw(_TEXT)}\n")
    if draw(st.booleans()):
        parts.append(f"defaults:{draw(_mapping({}, 1))}")
    layers = ""
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["conv2d", "dense", "avgpool", "concat", "conv4d"]))
        layers += "".join(f"  {own}" for own in draw(_OWN))
        layers += f"  - {kind}:{draw(_mapping({'name': draw(_WORD)}, 3))}"
    if layers:
        parts.append(f"layers:{draw(_END)}{layers}")
    shape = {**name, "shape": "4x4x1", "in": "0..1"}
    parts.append(f"input:{' {' + ', '.join(f'{k}: {v}' for k, v in shape.items())}}}\n")
    parts.append(f"readout:{draw(_mapping({'name': draw(_WORD)}, 1))}")
    text = f"{''.join(draw(_OWN))}snn: 1{draw(_END)}"
    for part in draw(st.permutations(parts)):
        text += "".join(draw(_OWN)) + part
    return text + "".join(draw(_OWN))

"""Draws specs as authors might write them, without syntax errors.

`specs` have any spacing and comments everywhere, and `yaml_specs` any form and order.
Both notations can hold `paired_specs`: comments and blank lines where both can, and
each statement once, in the language's order. A comment is on its own line above its
subject, or at the end of the subject's line. It is not at the end of a block of several
lines, since YAML has no closing brace. A block has no blank lines, since YAML may put
it on one line.
"""

from hypothesis import strategies as st

from snnc.language.keywords import CLAUSES, HEADERS, KINDS, UNITS

_TAKEN = KINDS | CLAUSES | HEADERS | UNITS
_WORD = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda word: word not in _TAKEN
)
# Not `rate`: a list of two numbers after it is a range as another notation has it.
_KEY = st.sampled_from(["filters", "kernel", "synapse", "block", "classes", "loss"])
_NUMERAL = st.one_of(
    st.integers(0, 10**17).map(str),
    st.floats(0, 1e18, allow_subnormal=False).map(repr),
    st.sampled_from(["1e-3", ".5", "0.001", "2.0", "007", "1E6", "+2.50", "-0.0"]),
)
_RANGE = st.builds(
    "{}..{}{}".format,
    st.sampled_from(["", "0", "-1", "2.5", "1e1"]),
    st.sampled_from(["1", "255", "1e3", "0.25"]),
    st.sampled_from(["", " Hz", "\tHz"]),
)
_DIMS = st.lists(st.integers(1, 999), min_size=2, max_size=4).map(
    lambda sizes: "x".join(map(str, sizes))
)
_TEXT = st.text("ab #{}[],'é\t", max_size=12).map(lambda text: f'"{text}"')
_ESCAPED = st.sampled_from([r'"\""', r'"a\\b"', r'"\n\t"'])
_QUANTITY = st.builds("{} {}".format, _NUMERAL, st.sampled_from(sorted(UNITS)))
_SCALAR = st.one_of(_WORD, _NUMERAL, _RANGE, _DIMS, _TEXT, _ESCAPED, _QUANTITY)

_COMMENT = st.text("ab #{}[]\",'=é\t", max_size=8).map(lambda text: f"#{text}\n")
_LINE = st.sampled_from(["\n", "\n\n", "\n \n\n", "  \n\t"])
_REMARK = st.one_of(_COMMENT, _LINE, _COMMENT.map(lambda text: f"\n  {text}"))
_GAP = st.one_of(st.sampled_from([", ", " , ", ",", "\n", ",\n  "]), _REMARK).map(
    lambda gap: f" {gap} "
)
_EDGE = st.one_of(st.just(""), st.just(" "), _REMARK)


@st.composite
def _enclose(draw: st.DrawFn, brackets: str, part: st.SearchStrategy[str]) -> str:
    parts = draw(st.lists(part, max_size=5))
    text = draw(_EDGE)
    for index, item in enumerate(parts):
        text += (draw(_GAP) if index else "") + item
    return f"{brackets[0]}{text}{draw(_EDGE)}{brackets[1]}"


def _property(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{} {}".format, _KEY, value)


_LISTED = st.one_of(_SCALAR, st.sampled_from(sorted(KINDS)).map("x, {}".format))
_LIST = _enclose("[]", _LISTED)
_GROUP = st.builds("{} {}".format, _WORD, _enclose("{}", _property(_SCALAR)))
_VALUE = st.one_of(_SCALAR, _SCALAR, _LIST, _GROUP)
_BLOCK = _enclose("{}", _property(_VALUE))
_MAYBE_BLOCK = st.one_of(st.just(""), _BLOCK)
_STATEMENT = st.one_of(
    st.builds("about {}".format, st.one_of(_TEXT, _ESCAPED)),
    st.builds("conv2d {} {}".format, _WORD, _MAYBE_BLOCK),
    st.builds("encode  conv {} {}".format, _WORD, _MAYBE_BLOCK),
    st.builds("input {} {} in {} as {}".format, _WORD, _DIMS, _RANGE, _RANGE),
    st.builds("add {} from {}, {}".format, _WORD, _WORD, _WORD),
    st.builds("defaults {}".format, _BLOCK),
    st.builds("train {}".format, _BLOCK),
)


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Return the text of a spec without syntax errors, whatever it means."""
    lines = draw(st.lists(_REMARK, max_size=2))
    lines += ["snn 1", draw(_REMARK), "\n", draw(_REMARK), f"network {draw(_WORD)} {{"]
    for statement in draw(st.lists(_STATEMENT, max_size=5)):
        lines += [draw(_REMARK), "\n", statement, " "]
    lines += [draw(_REMARK), "\n}", draw(_REMARK), draw(_REMARK)]
    return "".join(lines)


_NAME = st.sampled_from(["a", "b1", "stem", "left", "no", "true", "x_2"])
_SHORT = st.text("ab :{}[]\"',=é-", max_size=8).map(lambda text: f"#{text}\n")
_ABOVE = st.lists(st.one_of(_SHORT, st.just("\n")), max_size=3).map("".join)
_REMARKS = st.lists(_SHORT, max_size=2).map("".join)
_BEHIND = st.one_of(st.just("\n"), st.just("\n"), _SHORT.map(lambda text: f"  {text}"))
_PLAIN_VALUE = st.sampled_from(
    ["3", "0.25", "1e-3", "3x3", "20..150 Hz", "..250 Hz", "5 ms", "same", "on",
     "[cat, dog]", '["polar bear", "a: b"]', '"x # y"', "lif { tau_rc 20 ms }", "adam"]
)  # fmt: skip
_USUAL_KEY = st.sampled_from(
    ["filters", "kernel", "rate", "block", "classes", "loss", "l2"]
)


def _items(most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(_USUAL_KEY, min_size=1, max_size=most, unique=True).flatmap(
        lambda keys: st.tuples(
            *(_PLAIN_VALUE.map(f"{key} {{}}".format) for key in keys)
        )
    )


# So few that they fit a line in both notations.
_FLAT = _items(2).map(lambda items: f"{{ {', '.join(items)} }}")


@st.composite
def _paired_block(draw: st.DrawFn) -> str:
    """Properties on one line, or each on a line of its own with comments."""
    if draw(st.booleans()):
        return draw(_FLAT)
    items = draw(_items(4))
    lines = [f"{draw(_REMARKS)}{item}{draw(_BEHIND)}" for item in items[:-1]]
    return "{\n" + "".join([*lines, draw(_REMARKS), items[-1], "\n}"])


_HEADS = st.sampled_from(
    ["conv2d {}", "dense {}", "dense {} from a", "conv4d {}", "maxpool {}",
     "encode rate {}"]
)  # fmt: skip


@st.composite
def _layer(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return draw(st.sampled_from(["add from a, b", "avgpool", "concat c from a"]))
    head = draw(_HEADS).format(draw(_NAME))
    return f"{head} {draw(st.one_of(st.just(''), _paired_block()))}"


@st.composite
def paired_specs(draw: st.DrawFn) -> str:
    """Return the text of a spec that means the same in both notations."""
    statements = [
        draw(st.sampled_from(['about "Some: text."', "target nengo", ""])),
        draw(st.sampled_from(["timing { dt 1 ms }", ""])),
        *draw(st.lists(_FLAT.map("defaults {}".format), max_size=2)),
        f"input {draw(_NAME)} 4x4x1 in 0..1",
        draw(st.sampled_from(["encode conv { start spread }", "encode rate e", ""])),
        *draw(st.lists(_layer(), max_size=4)),
        f"readout {draw(_NAME)} {draw(_paired_block())}",
        draw(st.one_of(st.just(""), _paired_block().map("train {}".format))),
    ]
    text = f"{draw(_ABOVE)}snn 1\n\nnetwork {draw(_NAME)} {{\n"
    for statement in filter(None, statements):
        behind = "\n" if "\n" in statement else draw(_BEHIND)
        text += f"{draw(_ABOVE)}{statement}{behind}"
    return f"{text}{draw(_ABOVE)}}}\n"


_HASHED = st.text("ab :{}[]\"',=#é-", max_size=6).map(lambda text: f" # {text}\n")
_END = st.one_of(st.just("\n"), st.just("\n"), st.just("\n\n"), _HASHED)
_OWN = st.lists(st.one_of(_HASHED, st.just("\n")), max_size=2)
_ODD_KEY = st.sampled_from(['"a: b"', "''", '"#"', '"\\u2028"', "é", '"filters"'])
_YAML_SCALAR = st.sampled_from(
    ["3", "0.25", "1.0e-3", "3x3", "20..150 Hz", "..250 Hz", "5 ms", "same", "on",
     "'5 ms'", '"x # y"', '"a\\n"', "'it''s'", "polar bear", "true", "1_000", '"\\e"']
)  # fmt: skip
_ABOUT = st.sampled_from(
    ["Some text.", '"tab\\t, nl\\n"', "|\n    one\n    two", ">-\n    folded\n    text",
     "|+\n    kept\n\n", "'it''s'", '"a\n    b"', "- no list", "plain\n    over lines"]
)  # fmt: skip


@st.composite
def _yaml_gap(draw: st.DrawFn, depth: int) -> str:
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
        text += f"{draw(_yaml_gap(depth))}{comma} {draw(_yaml_gap(depth))}{item}"
    return f"{text}{draw(_yaml_gap(depth))}{brackets[1]}"


@st.composite
def _yaml_value(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 5))
    if kind == 0:
        items = draw(st.lists(_YAML_SCALAR, max_size=3))
        return draw(_flow("[]", items, depth))
    if kind == 1:
        pairs = draw(_pairs(2))
        inner = draw(_flow("{}", [f"{k}: {v}" for k, v in pairs.items()], depth))
        return draw(_flow("{}", [f"lif: {inner}"], depth))
    return draw(_YAML_SCALAR)


@st.composite
def _pairs(draw: st.DrawFn, most: int) -> dict[str, str]:
    key = st.one_of(_USUAL_KEY, _USUAL_KEY, _USUAL_KEY, _ODD_KEY)
    keys = draw(st.lists(key, max_size=most, unique_by=lambda k: k.strip('"')))
    return {key: draw(_YAML_SCALAR) for key in keys}


@st.composite
def _mapping(draw: st.DrawFn, head: dict[str, str], depth: int) -> str:
    """Draw a mapping of a key: in braces on its line, or below it."""
    keys = draw(st.lists(_USUAL_KEY, max_size=3, unique=True))
    pairs = {
        **head,
        **draw(_pairs(1)),
        **{k: draw(_yaml_value(depth + 1)) for k in keys},
    }
    flow = [f"{key}: {value}" for key, value in pairs.items()]
    if not pairs or draw(st.booleans()):
        return " " + draw(_flow("{}", flow, depth + 1)) + draw(_END)
    indent, text = "  " * depth, draw(_END)
    for line in flow:
        text += "".join(f"{indent}{own}" for own in draw(_OWN))
        text += f"{indent}{line}{draw(_END)}"
    return text


@st.composite
def yaml_specs(draw: st.DrawFn) -> str:
    """Return the text of a YAML spec, most of them without syntax errors."""
    name = {"name": draw(_NAME)}
    parts = [f"network: {draw(_NAME)}{draw(_END)}"]
    if draw(st.booleans()):
        parts.append(f"about: {draw(_ABOUT)}\n")
    if draw(st.booleans()):
        parts.append(f"defaults:{draw(_mapping({}, 1))}")
    layers = ""
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["conv2d", "dense", "avgpool", "concat", "conv4d"]))
        layers += "".join(f"  {own}" for own in draw(_OWN))
        layers += f"  - {kind}:{draw(_mapping({'name': draw(_NAME)}, 3))}"
    if layers:
        parts.append(f"layers:{draw(_END)}{layers}")
    shape = {**name, "shape": "4x4x1", "in": "0..1"}
    parts.append(f"input:{' {' + ', '.join(f'{k}: {v}' for k, v in shape.items())}}}\n")
    parts.append(f"readout:{draw(_mapping({'name': draw(_NAME)}, 1))}")
    text = f"{''.join(draw(_OWN))}snn: 1{draw(_END)}"
    for part in draw(st.permutations(parts)):
        text += "".join(draw(_OWN)) + part
    return text + "".join(draw(_OWN))

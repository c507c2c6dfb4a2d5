"""Draws specs as authors might write them: any spacing, comments everywhere."""

from __future__ import annotations

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

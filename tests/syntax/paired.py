"""Draw specs that both notations can hold: comments and blank lines where both can.

Each statement appears once, in the language's order. A comment is on its own line above
its subject, or at the end of the subject's line. It is not at the end of a block of
several lines, since YAML has no closing brace. A block has no blank lines, since YAML
may put it on one line.
"""

from __future__ import annotations

from hypothesis import strategies as st

_WORD = st.sampled_from(["a", "b1", "stem", "left", "no", "true", "x_2"])
_REMARK = st.text("ab :{}[]\"',=é-", max_size=8).map(lambda text: f"#{text}\n")
_ABOVE = st.lists(st.one_of(_REMARK, st.just("\n")), max_size=3).map("".join)
_REMARKS = st.lists(_REMARK, max_size=2).map("".join)
_BEHIND = st.one_of(st.just("\n"), st.just("\n"), _REMARK.map(lambda text: f"  {text}"))
_VALUE = st.sampled_from(
    ["3", "0.25", "1e-3", "3x3", "20..150 Hz", "..250 Hz", "5 ms", "same", "on",
     "[cat, dog]", '["polar bear", "a: b"]', '"x # y"', "lif { tau_rc 20 ms }", "adam"]
)  # fmt: skip
_KEY = st.sampled_from(["filters", "kernel", "rate", "block", "classes", "loss", "l2"])


def _items(most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(_KEY, min_size=1, max_size=most, unique=True).flatmap(
        lambda keys: st.tuples(*(_VALUE.map(f"{key} {{}}".format) for key in keys))
    )


# So few that they fit a line in both notations.
_FLAT = _items(2).map(lambda items: f"{{ {', '.join(items)} }}")


@st.composite
def _block(draw: st.DrawFn) -> str:
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
    head = draw(_HEADS).format(draw(_WORD))
    return f"{head} {draw(st.one_of(st.just(''), _block()))}"


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Return the text of a spec without syntax errors, whatever it means."""
    statements = [
        draw(st.sampled_from(['about "Some: text."', "target nengo", ""])),
        draw(st.sampled_from(["timing { dt 1 ms }", ""])),
        *draw(st.lists(_FLAT.map("defaults {}".format), max_size=2)),
        f"input {draw(_WORD)} 4x4x1 in 0..1",
        draw(st.sampled_from(["encode conv { start spread }", "encode rate e", ""])),
        *draw(st.lists(_layer(), max_size=4)),
        f"readout {draw(_WORD)} {draw(_block())}",
        draw(st.one_of(st.just(""), _block().map("train {}".format))),
    ]
    text = f"{draw(_ABOVE)}snn 1\n\nnetwork {draw(_WORD)} {{\n"
    for statement in filter(None, statements):
        behind = "\n" if "\n" in statement else draw(_BEHIND)
        text += f"{draw(_ABOVE)}{statement}{behind}"
    return f"{text}{draw(_ABOVE)}}}\n"

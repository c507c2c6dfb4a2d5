"""Convert YAML nodes to values of properties; scalars are ``.snn`` literals."""

from __future__ import annotations

import re

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import tree
from snnc.language.keywords import FORMS, USUAL, first_key
from snnc.syntax.build import Tokens, build
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.lexical import find_hyphens, foreign_text, problem_of
from snnc.syntax.yaml import nodes

LONGEST = 1_000
# First tokens of quoted texts that are probably meant as numbers, such as "5ms".
_NUMERIC = frozenset(("NUMBER", "DIMS", "RANGE", "MALFORMED"))
_SCALARS = {"NAME", "NUMBER", "DIMS", "STRING", "RANGE", "RANGE UNIT", "NUMBER UNIT"}
"""The types of the tokens in values that are neither lists nor groups."""


def _missing_value(key: tree.Word) -> nodes.UnreadableError:
    return nodes.UnreadableError(rules.syntax.MissingValue(span=key.span, key=key.text))


def word(scalar: nodes.Scalar) -> tree.Word:
    """Convert a key, or a scalar that is a name, to a word."""
    return tree.Word(scalar.text, scalar.span)


def name_of(key: tree.Word | None, node: nodes.Node) -> tree.Word:
    """Read the name of a layer or of the network; items of a list have no key."""
    if key is not None and nodes.is_empty(node):
        raise _missing_value(key)
    if not isinstance(node, nodes.Scalar):
        raise nodes.wrong_form(node, "a name", "write one word, such as `c0`")
    # The lexer would read `conv-1` as a name and a number.
    if "-" in node.text and node.is_verbatim:
        problem = find_hyphens(node.span)
        if problem and problem.span == node.span:
            raise nodes.UnreadableError(problem)
    value = literal(node, "a name")
    if not isinstance(value, tree.Word):
        raise nodes.wrong_value(node, "a name")
    return value


def literal(scalar: nodes.Scalar, expected: str = "a value") -> tree.Value:
    """Read a scalar as an ``.snn`` literal whose parts have their own positions.

    A quoted scalar that is not a literal becomes a text.
    """
    tokens = _tokens_of(scalar)
    is_literal = scalar.plain or (tokens and tokens[0].type in _NUMERIC)
    if is_literal and (problem := problem_of(tokens)):
        raise nodes.UnreadableError(problem)
    types = " ".join(token.type for token in tokens)
    # What the lexer treats as a comment is part of the scalar.
    has_comment = scalar.text.count("#") > "".join(tokens).count("#")
    if types in _SCALARS and not has_comment:
        value: tree.Value = build(tokens, "value")[0]
        return value
    if scalar.plain:
        raise nodes.wrong_value(scalar, expected, _advise_braces(scalar.text))
    return tree.Text(scalar.text, scalar.span)


def _advise_braces(text: str) -> str:
    """Return the advice for settings without braces: ``adam 1e-3``; may be empty."""
    choice = text.partition(",")[0].partition(" ")[0]
    key = first_key(choice)
    return f"write, for example, `{choice}: {{{key}: {USUAL[key]}}}`" if key else ""


def _tokens_of(scalar: nodes.Scalar) -> Tokens:
    text = scalar.text.rstrip()
    if len(text) > LONGEST:
        what = "characters in a value"
        raise nodes.UnreadableError(
            rules.yaml.TooMuch(span=scalar.span, limit=LONGEST, what=what)
        )
    return tokens_of(scalar.span, None if scalar.is_verbatim else text)


def value_of(key: tree.Word, node: nodes.Node) -> tree.Value:
    """Read the value of a property."""
    if isinstance(node, nodes.Mapping):
        choice, inner = one_pair(node)
        return tree.Group(word(choice), properties_of(inner, choice.text), node.span)
    if isinstance(node, nodes.Sequence):
        return _list(key, node)
    if not isinstance(node, nodes.Scalar):
        raise nodes.UnreadableError
    if nodes.is_empty(node):
        raise _missing_value(key)
    if problem := _foreign(key, node):
        raise nodes.UnreadableError(problem)
    return literal(node)


def _foreign(key: tree.Word, node: nodes.Scalar) -> Diagnostic | None:
    """Describe a value in another notation, such as ``25%`` or ``(28, 28, 1)``."""
    if not (node.plain and node.is_verbatim) or len(node.text) > LONGEST:
        return None
    return foreign_text(key.text, node.span)


def properties_of(node: nodes.Node, owner: str) -> tuple[tree.Property, ...]:
    """Read a mapping of properties; treat a missing value as an empty mapping."""
    if nodes.is_empty(node):
        return ()
    if not isinstance(node, nodes.Mapping):
        raise nodes.wrong_form(
            node, f"the properties of `{owner}`", _example(owner, node)
        )
    return tuple(property_of(key, value) for key, value in nodes.rejoin(node).pairs)


def _example(owner: str, node: nodes.Node) -> str:
    """Return the advice for bare values: ``dense: 64``."""
    text = node.text if isinstance(node, nodes.Scalar) else ""
    line = vocabulary.meant.meant_statement(f"{owner} {{ {text} }}") if text else ""
    if line:
        return f"write `{line}`"
    form = FORMS.get(owner)
    return f"write, for example, `{form.example}`" if form else _advise_braces(owner)


def property_of(key: nodes.Scalar, node: nodes.Node) -> tree.Property:
    """Read a key and its value."""
    value = value_of(word(key), node)
    return tree.Property(word(key), value, key.span.to(value.span))


_KEY_IS_A_KIND = "write the kind or the choice as the key, and its properties below it"


def one_pair(node: nodes.Mapping) -> nodes.Pair:
    """Return the only pair of a mapping such as ``adam: {...}``."""
    if not node.pairs:
        raise nodes.wrong_form(node, "one key")
    (first, _), *rest = node.pairs
    if rest:
        second = rest[0][0]
        is_known = bool(first_key(first.text))
        problem = rules.yaml.SeveralKeys(
            span=second.span,
            first=first.text,
            key=second.text,
            advice="" if is_known else _KEY_IS_A_KIND,
        )
        raise nodes.UnreadableError(problem)
    return node.pairs[0]


def _list(key: tree.Word, node: nodes.Sequence) -> tree.Value:
    if key.text == "classes":
        return tree.List(tuple(map(_label, node.items)), node.span)
    # In YAML, `[3, 3]` is also a way to write `3x3`, and `[0, 1]` to write `0..1`.
    items = tuple(map(_item, node.items))
    sizes = [item.value for item in items if isinstance(item, tree.Number)]
    if key.text in ("in", "as") and len(sizes) == len(items) == 2:
        return tree.Range(sizes[0], sizes[1], None, node.span)
    whole = tuple(size for size in sizes if isinstance(size, int))
    if items and len(whole) == len(items):
        return tree.Dims(whole, node.span)
    return tree.List(items, node.span)


def _item(node: nodes.Node) -> tree.Value:
    if not isinstance(node, nodes.Scalar):
        raise nodes.wrong_form(node, "a single value")
    return literal(node)


def _label(node: nodes.Node) -> tree.Value:
    """Read a label: a word, a number, or a text such as `hot dog`."""
    if isinstance(node, nodes.Scalar):
        short = node.plain and len(node.text) <= LONGEST
        kinds = [t.type for t in tokens_of(node.span, node.text)] if short else []
        if kinds not in (["NAME"], ["NUMBER"]):
            return tree.Text(node.text, node.span)
    return _item(node)


def text_of(key: tree.Word, node: nodes.Node) -> tree.Text:
    """Read the text of ``about``."""
    if not isinstance(node, nodes.Scalar):
        raise nodes.wrong_form(node, "a text")
    if nodes.is_empty(node):
        raise _missing_value(key)
    text = node.text.removesuffix("\n") if node.block else node.text
    return tree.Text(text, node.span)


_COMMA = r"[ \t]*,[ \t]*"
_NAMES = re.compile(rf"[^\W\d]\w*(?:{_COMMA}[^\W\d]\w*)+")


def sources_of(key: tree.Word, node: nodes.Node) -> tuple[tree.Word, ...]:
    """Read ``from``: a name, or a list of names."""
    if isinstance(node, nodes.Sequence) and node.items:
        return tuple(name_of(None, item) for item in node.items)
    if not isinstance(node, nodes.Scalar) or not _NAMES.fullmatch(node.text):
        return (name_of(key, node),)
    text = f"[{', '.join(re.split(_COMMA, node.text))}]"
    fix = Fix(node.span, text) if node.plain else None
    raise nodes.wrong_form(node, "a list of names", f"write `from: {text}`", fix)


def range_of(key: tree.Word, node: nodes.Node) -> tree.Range:
    """Read ``in`` or ``as`` of the input."""
    value = value_of(key, node)
    if isinstance(value, tree.Range):
        return value
    raise nodes.wrong_value(node, "a range such as `0..1`")


def shape_of(key: tree.Word, node: nodes.Node) -> tree.Dims | tree.Number:
    """Read ``shape`` of the input."""
    value = value_of(key, node)
    if isinstance(value, (tree.Dims, tree.Number)):
        return value
    raise nodes.wrong_value(node, "a shape such as `28x28x1`")

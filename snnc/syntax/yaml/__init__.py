"""Parse the YAML notation into the same syntax tree as ``.snn``.

This module reads the top-level keys of the file, in the order of the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.keywords import FORMS, KINDS, kinds
from snnc.language.tree import Comment
from snnc.source import SourceFile, Span
from snnc.syntax.build import comment
from snnc.syntax.header import EDITION
from snnc.syntax.yaml import statements, values
from snnc.syntax.yaml.compose import Composer
from snnc.syntax.yaml.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    Unread,
    UnreadableError,
    describe_node,
)

__all__ = ["parse_yaml"]

# The language's order; a YAML file may have its keys in any order.
_FRONT, _BACK = kinds("front", "encoder"), kinds("back")
_EDITIONS = frozenset(("version", "edition", "snnc", "snn_version"))
_EXAMPLES = {"snn": f"snn: {EDITION}", "network": "network: my_network"}
# After a scalar or bracket, a `#` needs no space before it: PyYAML reads `}# a`.
_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"[|>][^\n]*")


def parse_yaml(source: SourceFile, report: Diagnostics) -> tree.Document:
    """Parse a whole file; report errors, and mark unreadable statements as broken."""
    whole = Span(source, 0, len(source.text))
    composer = Composer(source, report)
    errors = report.errors
    root = composer.compose()
    if root is None or values.is_empty(root):
        if report.errors == errors:
            report.add(rules.syntax.NothingHere(span=_end(source)))
        return tree.Document(None, None, (), whole)
    if not isinstance(root, Mapping):
        values.wrong_form(root, "a mapping of keys").report_to(report)
        return tree.Document(None, None, (), whole)
    return _DocumentReader(source, report).document(
        root, comments_of(source, composer.scalars)
    )


def _end(source: SourceFile) -> Span:
    end = len(source.text.rstrip())
    return Span(source, end, end)


def _wrong_edition_key(key: Scalar) -> Diagnostic:
    return rules.names.UnknownKind(
        span=key.span, word=key.text, near="snn", known=_TOP, fix=Fix(key.span, "snn")
    )


def _edition(name: str, start: Span) -> Fix | None:
    """Return a fix that inserts a missing edition before the first key."""
    first = Span(start.source, start.start, start.start)
    alone = start.first.column == 1
    return Fix(first, f"snn: {EDITION}\n") if name == "snn" and alone else None


Keys = dict[str, tuple[Scalar, Node]]


class _DocumentReader:
    """Read the top-level keys of a file."""

    def __init__(self, source: SourceFile, report: Diagnostics) -> None:
        self._source = source
        self._report = report

    def document(
        self, root: Mapping, comments: tuple[tree.Comment, ...]
    ) -> tree.Document:
        keys = self._keys(root)
        edition = self._edition(keys)
        network = self._network(keys)
        whole = Span(self._source, 0, len(self._source.text))
        statements_read = tuple(self._statements(keys))
        if network is None and not keys.keys() & (KINDS | {*_EXAMPLES, "layers"}):
            statements_read = ()  # no key shows that the file is a spec
        layers = keys["layers"][0].span if "layers" in keys else None
        return tree.Document(edition, network, statements_read, whole, comments, layers)

    def _keys(self, root: Mapping) -> Keys:
        keys: Keys = {}
        for key, node in root.pairs:
            if key.text in keys:
                self._report.add(statements.describe_repeat(key, keys[key.text][0]))
            else:
                keys[key.text] = (key, node)
        for name, example in _EXAMPLES.items():
            other = keys.keys() & _EDITIONS if name == "snn" else ()
            if other and name not in keys:
                self._report.add(_wrong_edition_key(keys.pop(min(other))[0]))
            elif name not in keys:
                start = root.pairs[0][0].span if root.pairs else root.span
                fix = _edition(name, start) if "network" in keys else None
                self._report.add(
                    rules.yaml.MissingKey(
                        span=start, key=name, example=example, fix=fix
                    )
                )
        return keys

    def _edition(self, keys: Keys) -> tree.Number | None:
        _, node = keys.get("snn", (None, None))
        if node is None or isinstance(node, Unread):
            return None
        if isinstance(node, Scalar) and node.text == str(EDITION):
            return tree.Number(EDITION, node.span)
        if values.is_empty(node):
            key = keys["snn"][0]
            self._report.add(rules.syntax.MissingValue(span=key.span, key="snn"))
            return None
        text = describe_node(node).strip("`")
        fix = None
        if isinstance(node, Scalar):
            same = node.text.strip().lstrip("vV") in (str(EDITION), f"{EDITION}.0")
            fix = Fix(node.span, str(EDITION), unsafe=not same)
        self._report.add(
            rules.syntax.UnknownEdition(
                span=node.span, edition=text[:20], latest=EDITION, fix=fix
            )
        )
        return None

    def _network(self, keys: Keys) -> tree.Word | None:
        key, node = keys.get("network", (None, None))
        if key is None or node is None:
            return None
        try:
            return values.name_of(tree.Word(key.text, key.span), node)
        except UnreadableError as problem:
            problem.report_to(self._report)
        return None

    def _statements(self, keys: Keys) -> Iterator[tree.Statement]:
        rest = keys.keys() - {*_FRONT, *_BACK, *_EXAMPLES, "layers"}
        for name in _FRONT:
            yield from self._statement(keys, name)
        for name in sorted(rest, key=lambda name: keys[name][0].span.start):
            yield self._stray(keys[name][0])
        if "layers" in keys:
            yield from self._layers(*keys["layers"])
        for name in _BACK:
            yield from self._statement(keys, name)

    def _statement(self, keys: Keys, name: str) -> Iterator[tree.Statement]:
        if name not in keys:
            return
        key, node = keys[name]
        if name == "defaults":
            yield from statements.defaults(key, node, self._report)
            return
        yield statements.read(key, node, self._report)

    def _stray(self, key: Scalar) -> tree.Statement:
        """Report an unknown top-level key: a layer's kind or a misspelt key."""
        if key.text in KINDS:
            self._report_place(key, "outside `layers`", "into the list `layers`")
        elif key.text.lower() in ("layer", "layers", "model", "sequential"):
            self._report.add(
                rules.names.UnknownKind(
                    span=key.span,
                    word=key.text,
                    near="layers",
                    known=_TOP,
                    fix=Fix(key.span, "layers"),
                )
            )
        else:
            self._report.add(_with_top_keys(statements.unknown(values.word(key))))
        return tree.Statement(values.word(key), key.span, broken=True)

    def _report_place(self, key: Scalar, where: str, there: str) -> None:
        self._report.add(
            rules.yaml.MisplacedKey(
                span=key.span, key=key.text, where=where, there=there
            )
        )

    def _layers(self, key: Scalar, node: Node) -> Iterator[tree.Statement]:
        if isinstance(node, Unread) or values.is_empty(node):
            return
        if not isinstance(node, Sequence):
            advice = "begin each layer with a dash, such as `dense d0 { units 64 }`"
            values.wrong_form(node, "a list of layers", advice).report_to(self._report)
            yield tree.Statement(tree.Word("", key.span), key.span, broken=True)
            return
        for item in node.items:
            yield self._layer(item)
            if self._report.full:
                return

    def _layer(self, item: Node) -> tree.Statement:
        broken = tree.Statement(tree.Word("", item.span), item.span, broken=True)
        try:
            key, node = self._pair(item)
        except UnreadableError as problem:
            problem.report_to(self._report)
            return broken
        if key.text in _NO_LAYERS:
            self._report_place(key, "in the list of layers", "to the file's keys")
            return broken
        return statements.read(key, node, self._report)

    def _pair(self, item: Node) -> tuple[Scalar, Node]:
        """Return a layer's kind and properties; ``- avgpool`` has no properties."""
        if isinstance(item, Scalar) and item.text:
            end = Span(self._source, item.span.end, item.span.end)
            return item, Scalar("", end, plain=True)
        if not isinstance(item, Mapping):
            raise values.wrong_form(item, "a layer")
        return values.one_pair(item)


_TOP = ("snn", "network", *_FRONT, "layers", *_BACK)


def _with_top_keys(problem: Diagnostic) -> Diagnostic:
    """List the top-level keys in a diagnostic that suggests no word."""
    if not isinstance(problem, rules.names.UnknownKind) or problem.near is not None:
        return problem
    return rules.names.UnknownKind(
        span=problem.span,
        word=problem.word,
        near=None,
        known=_TOP,
        begins="the keys of a file are",
    )


_NO_LAYERS = frozenset(kind for kind in _TOP if kind not in FORMS) | frozenset(
    kind for kind, form in FORMS.items() if not form.is_layer
)


def comments_of(source: SourceFile, scalars: Iterable[Span]) -> tuple[Comment, ...]:
    """Return the comments outside the scalars, whose spans must be in order."""
    return tuple(
        comment(Span(source, *match.span()))
        for start, end in _gaps(source, scalars)
        for match in _COMMENT.finditer(source.text, start, end)
    )


def _gaps(source: SourceFile, scalars: Iterable[Span]) -> Iterator[tuple[int, int]]:
    start = 0
    for span in scalars:
        header = _HEADER.match(source.text, span.start)
        yield start, header.end() if header else span.start
        start = span.end
    yield start, len(source.text)

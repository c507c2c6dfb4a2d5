"""Parse the YAML notation into the same syntax tree as ``.snn``.

This module reads the top-level keys of the file, in the order of the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from snnc import rules
from snnc.diagnostics import Diagnostics, Fix
from snnc.language import tree
from snnc.language.editions import NEWEST, edition_of
from snnc.language.keywords import FORMS, KINDS, kinds
from snnc.source import SourceFile, Span
from snnc.syntax.build import comment
from snnc.syntax.yaml import nodes, statements, values

__all__ = ["parse_yaml"]

# The language's order; a YAML file may have its keys in any order.
_FRONT = kinds("front", "encoder")
_BACK = kinds("back")
_TOP = ("snn", "network", *_FRONT, "layers", *_BACK)
_EDITIONS = frozenset(("version", "edition", "snnc", "snn_version"))
_LAYERS = frozenset(("layer", "layers", "model", "sequential"))
_EXAMPLES = {"snn": f"snn: {NEWEST}", "network": "network: my_network"}
# Keys of the file that can't be an item of `layers`.
_NO_LAYERS = frozenset(kind for kind in _TOP if kind not in FORMS) | frozenset(
    kind for kind, form in FORMS.items() if not form.is_layer
)
# After a scalar or bracket, a `#` needs no space before it: PyYAML reads `}# a`.
_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"[|>][^\n]*")


def parse_yaml(source: SourceFile, report: Diagnostics) -> tree.Document:
    """Parse a whole file; report errors, and mark unreadable statements as broken."""
    composer = nodes.Composer(source, report)
    errors = report.errors
    root = composer.compose()
    if isinstance(root, nodes.Mapping):
        comments = tuple(_comments(source, composer.scalars))
        return _DocumentReader(root, report).document(comments)
    if root is not None and not nodes.is_empty(root):
        nodes.wrong_form(root, "a mapping of keys").report_to(report)
    elif report.errors == errors:
        report.add(rules.syntax.NothingHere(span=source.end))
    return tree.Document(None, None, (), source.whole)


def _comments(source: SourceFile, scalars: Iterable[Span]) -> Iterator[tree.Comment]:
    """Yield the comments outside the scalars, whose spans must be in order."""
    start = 0
    for span in (*scalars, Span(source, len(source.text), len(source.text))):
        # The line of a `|` or `>` may end in a comment; in its text, `#` begins none.
        header = _HEADER.match(source.text, span.start)
        end = header.end() if header else span.start
        for match in _COMMENT.finditer(source.text, start, end):
            yield comment(Span(source, *match.span()))
        start = span.end


class _DocumentReader:
    """Read the top-level keys of a file."""

    def __init__(self, root: nodes.Mapping, report: Diagnostics) -> None:
        self._report = report
        self._whole = root.span.source.whole
        self._keys: dict[str, nodes.Pair] = {}
        for key, node in root.pairs:
            if key.text in self._keys:
                first = self._keys[key.text][0]
                report.add(statements.describe_repeat(key, first))
            else:
                self._keys[key.text] = (key, node)
        start = root.pairs[0][0].span if root.pairs else root.span
        for name in _EXAMPLES:
            if name not in self._keys:
                self._report_missing(name, start)

    def document(self, comments: tuple[tree.Comment, ...]) -> tree.Document:
        keys = self._keys
        edition = self._edition(*keys["snn"]) if "snn" in keys else None
        network = self._network(*keys["network"]) if "network" in keys else None
        content = tuple(self._statements())
        if network is None and not keys.keys() & (KINDS | {*_EXAMPLES, "layers"}):
            content = ()  # no key shows that the file is a spec
        return tree.Document(
            edition=edition,
            network=network,
            statements=content,
            span=self._whole,
            comments=comments,
            layers=keys["layers"][0].span if "layers" in keys else None,
        )

    def _report_missing(self, name: str, start: Span) -> None:
        """Report a missing key, or the wrong key of the edition."""
        others = self._keys.keys() & _EDITIONS if name == "snn" else ()
        if others:
            self._suggest(self._keys.pop(min(others))[0], "snn")
            return
        can_fix = name == "snn" and "network" in self._keys and start.first.column == 1
        # Unsafe: the spec may be of an older edition, with other defaults.
        first_line = Fix(start.before, f"snn: {NEWEST}\n", unsafe=True)
        fix = first_line if can_fix else None
        problem = rules.yaml.MissingKey(
            span=start, key=name, example=_EXAMPLES[name], fix=fix
        )
        self._report.add(problem)

    def _suggest(self, key: nodes.Scalar, meant: str) -> None:
        problem = rules.statements.UnknownKind(
            span=key.span,
            word=key.text,
            near=meant,
            known=_TOP,
            fix=Fix(key.span, meant),
        )
        self._report.add(problem)

    def _edition(self, key: nodes.Scalar, node: nodes.Node) -> tree.Number | None:
        if isinstance(node, nodes.Unread):
            return None
        if nodes.is_empty(node):
            self._report.add(rules.syntax.MissingValue(span=key.span, key="snn"))
            return None
        text = nodes.describe(node).strip("`")
        fix = None
        if isinstance(node, nodes.Scalar):
            if (edition := edition_of(node.text)) is not None:
                return tree.Number(edition, node.span)
            # `v2` and `2.0` probably mean 2.
            plain = node.text.strip().lstrip("vV").removesuffix(".0")
            if (meant := edition_of(plain)) is not None:
                fix = Fix(node.span, str(meant))
        problem = rules.syntax.UnknownEdition(
            span=node.span, edition=text[:20], newest=NEWEST, fix=fix
        )
        self._report.add(problem)
        return None

    def _network(self, key: nodes.Scalar, node: nodes.Node) -> tree.Word | None:
        try:
            return values.name_of(values.word(key), node)
        except nodes.UnreadableError as problem:
            problem.report_to(self._report)
        return None

    def _statements(self) -> Iterator[tree.Statement]:
        keys = self._keys
        for name in _FRONT:
            yield from self._statement(name)
        for key, _ in sorted(keys.values(), key=lambda pair: pair[0].span.start):
            if key.text not in _TOP:
                yield self._stray(key)
        if "layers" in keys:
            yield from self._layers(*keys["layers"])
        for name in _BACK:
            yield from self._statement(name)

    def _statement(self, name: str) -> Iterator[tree.Statement]:
        if name == "defaults" and name in self._keys:
            yield from statements.defaults(*self._keys[name], self._report)
        elif name in self._keys:
            yield statements.read(*self._keys[name], self._report)

    def _stray(self, key: nodes.Scalar) -> tree.Statement:
        """Report an unknown top-level key: a layer's kind or a misspelt key."""
        if key.text in KINDS:
            self._report_place(key, "outside `layers`", "into the list `layers`")
        elif key.text.lower() in _LAYERS:
            self._suggest(key, "layers")
        else:
            problem = statements.unknown(values.word(key))
            kind = rules.statements.UnknownKind
            if isinstance(problem, kind) and problem.near is None:
                begins = "the keys of a file are"
                problem = problem.but(known=_TOP, begins=begins, fix=None, advice="")
            self._report.add(problem)
        return tree.Statement(values.word(key), key.span, broken=True)

    def _report_place(self, key: nodes.Scalar, where: str, there: str) -> None:
        problem = rules.yaml.MisplacedKey(
            span=key.span, key=key.text, where=where, there=there
        )
        self._report.add(problem)

    def _layers(self, key: nodes.Scalar, node: nodes.Node) -> Iterator[tree.Statement]:
        if isinstance(node, nodes.Unread) or nodes.is_empty(node):
            return
        if not isinstance(node, nodes.Sequence):
            advice = "begin each layer with a dash, such as `dense d0 { units 64 }`"
            nodes.wrong_form(node, "a list of layers", advice).report_to(self._report)
            yield tree.Statement(tree.Word("", key.span), key.span, broken=True)
            return
        for item in node.items:
            yield self._layer(item)
            if self._report.full:
                return

    def _layer(self, item: nodes.Node) -> tree.Statement:
        """Read a layer; ``- avgpool`` has no properties."""
        try:
            if isinstance(item, nodes.Scalar) and item.text:
                pair: nodes.Pair = item, nodes.Scalar("", item.span.after, plain=True)
            elif isinstance(item, nodes.Mapping):
                pair = values.one_pair(item)
            else:
                raise nodes.wrong_form(item, "a layer")
        except nodes.UnreadableError as problem:
            problem.report_to(self._report)
        else:
            key, node = pair
            if key.text not in _NO_LAYERS:
                return statements.read(key, node, self._report)
            self._report_place(key, "in the list of layers", "to the file's keys")
        return tree.Statement(tree.Word("", item.span), item.span, broken=True)

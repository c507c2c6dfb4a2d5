"""Convert YAML text to nodes, and refuse features that the language lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Label
from snnc.source import SourceFile, Span
from snnc.syntax.yaml.blame import NO_BLANK, blame, no_blank
from snnc.syntax.yaml.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    Unread,
    UnreadableError,
    describe_node,
)

DEEPEST = 12
MOST_EVENTS = 20_000
LONGEST = 400_000
_TAG = re.compile(r"\S*")


class Composer:
    """Compose the events of a file into nodes."""

    def __init__(self, source: SourceFile, report: Diagnostics) -> None:
        self._source = source
        self._report = report
        self._events = self._read()
        self.scalars: list[Span] = []

    def compose(self) -> Node | None:
        """Return the root node, or report why the file has none and return None."""
        try:
            return self._document()
        except UnreadableError as problem:
            problem.report_to(self._report)
        return None

    def _document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise UnreadableError(
                        rules.yaml.SeveralDocuments(span=self._mark(event))
                    )
                root = self._node(next(self._events), 0)
            elif isinstance(event, DocumentEndEvent) and root is None:
                break
        return root

    def _read(self) -> Iterator[Event]:
        text = self._source.text
        if len(text) > LONGEST:
            raise UnreadableError(self._too_much(LONGEST, LONGEST, "characters"))
        count = 0
        try:
            for count, event in enumerate(YAML(typ="safe", pure=True).parse(text)):
                if count > MOST_EVENTS:
                    at = event.start_mark.index
                    raise UnreadableError(self._too_much(at, MOST_EVENTS, "values"))
                yield event
        except YAMLError as error:
            raise UnreadableError(self._not_yaml(error)) from None
        except (ValueError, IndexError, OverflowError):
            # ruamel's scanner does not catch errors raised by `chr` and `int`.
            problem = "an escape or a number is not valid"
            raise UnreadableError(self._problem(0, problem)) from None

    def _span(self, start: int, end: int) -> Span:
        size = len(self._source.text)
        start = min(start, size)
        return Span(self._source, start, max(start, min(end, size)))

    def _mark(self, event: Event) -> Span:
        return self._span(event.start_mark.index, event.end_mark.index)

    def _too_much(self, at: int, limit: int, what: str) -> Diagnostic:
        return rules.yaml.TooMuch(span=self._span(at, at + 1), limit=limit, what=what)

    def _problem(self, at: int, problem: str) -> Diagnostic:
        return rules.yaml.NotYaml(span=self._span(at, at + 1), problem=problem)

    def _not_yaml(self, error: YAMLError) -> Diagnostic:
        if isinstance(error, ReaderError):
            code = ord(error.character) if isinstance(error.character, str) else 0
            return self._problem(
                error.position, f"the character U+{code:04X} is not allowed"
            )
        if not isinstance(error, MarkedYAMLError):
            return self._problem(0, "the parser can't read it")
        blamed = blame(self._source, error)
        if blamed.problem == NO_BLANK:
            return no_blank(self._span(blamed.start, blamed.end))
        opener = () if blamed.opener is None else (blamed.opener,)
        return rules.yaml.NotYaml(
            span=self._span(blamed.start, blamed.end),
            problem=blamed.problem,
            related=tuple(Label(self._span(a, a + 1), "opens here") for a in opener),
        )

    def _node(self, event: Event, depth: int) -> Node:
        if self._report.full:
            raise UnreadableError
        if isinstance(event, AliasEvent):
            self._report.add(rules.yaml.Reference(span=self._mark(event)))
            return Unread(self._mark(event))
        assert isinstance(event, ScalarEvent | CollectionStartEvent)
        refused = self._is_decorated(event)
        node = self._plain_node(event, depth)
        return Unread(node.span) if refused else node

    def _is_decorated(self, event: ScalarEvent | CollectionStartEvent) -> bool:
        """Report an anchor or a tag, and return whether there is one."""
        start = event.start_mark.index
        if event.anchor is not None:
            at = self._source.text.find("&", start)
            span = self._span(at, at + 1 + len(event.anchor))
            self._report.add(rules.yaml.Reference(span=span))
            return True
        if event.tag is None:
            return False
        at = max(self._source.text.find("!", start), 0)
        tag = _TAG.match(self._source.text, at)
        self._report.add(rules.yaml.Tag(span=self._span(at, tag.end() if tag else at)))
        return True

    def _plain_node(
        self, event: ScalarEvent | CollectionStartEvent, depth: int
    ) -> Node:
        if depth > DEEPEST:
            raise UnreadableError(
                rules.syntax.TooDeep(span=self._mark(event), limit=DEEPEST)
            )
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        start = self._mark(event)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(start, bool(event.flow_style), depth)
        return self._mapping(start, bool(event.flow_style), depth)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        span = self._mark(event)
        try:
            event.value.encode()
        except UnicodeEncodeError:  # a lone surrogate
            problem = "an escape encodes only half a character"
            raise UnreadableError(self._problem(span.start, problem)) from None
        if span.start < span.end:
            self.scalars.append(span)
        if event.style in ("'", '"'):
            span = self._span(span.start + 1, span.end - 1)
        block = event.style in ("|", ">") and "+" not in span.text.partition("\n")[0]
        return Scalar(event.value, span, plain=event.style is None, block=block)

    def _sequence(self, start: Span, flow: bool, depth: int) -> Sequence:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                end = self._mark(event) if flow else start
                break
            items.append(self._node(event, depth + 1))
        return Sequence(tuple(items), start.to(_last(end, items)))

    def _mapping(self, start: Span, flow: bool, depth: int) -> Mapping:
        pairs: list[tuple[Scalar, Node]] = []
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                end = self._mark(event) if flow else start
                break
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if isinstance(key, Scalar):
                if key.plain and key.text == "<<":
                    if not isinstance(value, Unread):
                        self._report.add(rules.yaml.Reference(span=key.span))
                    value = Unread(value.span)
                pairs.append((key, value))
            elif not isinstance(key, Unread):
                self._report.add(
                    rules.yaml.WrongForm(
                        span=key.span,
                        expected="a word as key",
                        found=describe_node(key),
                    )
                )
        return Mapping(tuple(pairs), start.to(_last(end, [v for _, v in pairs])))


def _last(end: Span, nodes: list[Node]) -> Span:
    """Return the end of a collection, before the blank lines that a block includes."""
    return end.to(nodes[-1].span) if nodes else end

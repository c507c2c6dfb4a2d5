"""Convert YAML text to scalars, mappings and lists with their positions.

Features of YAML that the language lacks are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language.keywords import KEYS, PARTS
from snnc.source import SourceFile, Span
from snnc.syntax.yaml.blame import blame, no_blank, not_yaml, span_in


class UnreadableError(Exception):
    """Raised to stop reading; contains a diagnostic, or None if it was reported."""

    def __init__(self, diagnostic: Diagnostic | None = None) -> None:
        super().__init__()
        self.diagnostic = diagnostic

    def report_to(self, report: Diagnostics) -> None:
        """Report the diagnostic, if there is one."""
        if self.diagnostic is not None:
            report.add(self.diagnostic)


class Scalar(NamedTuple):
    """A single value.

    ``text`` has escapes resolved and folded lines joined. ``span`` excludes surrounding
    quotes. A ``plain`` scalar has no quotes and is not a block. The last line end of a
    ``block`` is not part of the value.
    """

    text: str
    span: Span
    plain: bool
    block: bool = False

    @property
    def is_verbatim(self) -> bool:
        """Whether the value equals the characters in the file."""
        return self.span.text == self.text


class Mapping(NamedTuple):
    """Keys with their values, in the order of the file."""

    pairs: tuple[Pair, ...]
    span: Span


class Sequence(NamedTuple):
    """The items of a list."""

    items: tuple[Node, ...]
    span: Span


class Unread(NamedTuple):
    """A node whose errors are all reported."""

    span: Span


Node = Scalar | Mapping | Sequence | Unread
Pair = tuple[Scalar, Node]


def is_empty(node: Node) -> bool:
    """Return whether a key has no value."""
    return isinstance(node, Scalar) and node.plain and not node.text


def wrong_form(
    node: Node, expected: str, advice: str = "", fix: Fix | None = None
) -> UnreadableError:
    """Return the error for a node that should have another form."""
    if isinstance(node, Unread):
        return UnreadableError()
    rule = rules.yaml.WrongForm
    found = describe(node)
    return UnreadableError(
        rule(span=node.span, expected=expected, found=found, advice=advice, fix=fix)
    )


def wrong_value(node: Node, expected: str, advice: str = "") -> UnreadableError:
    """Return the error for a value of the wrong type."""
    problem = rules.syntax.UnexpectedText(
        span=node.span, expected=expected, found=describe(node), advice=advice
    )
    return UnreadableError(problem)


def describe(node: Node) -> str:
    """Name the type of a node in the user's words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    text = node.span.text
    if not text:
        return "nothing"
    return f"`{text}`" if len(text) <= 30 and "\n" not in text else "a text"


DEEPEST = 12
"""The most levels of nesting; the nodes are read recursively (decision 006)."""
MOST_EVENTS = 20_000
"""The most events of the parser: a start, an end or a scalar (decision 006)."""
LONGEST = 400_000
"""The most characters (decision 006)."""
_TAG = re.compile(r"\S*")


class Composer:
    """Compose the events of a file into nodes.

    ``scalars`` are the spans of the scalars that were read, with their quotes.
    """

    def __init__(self, source: SourceFile, report: Diagnostics) -> None:
        self._source = source
        self._report = report
        self._events = self._read()
        self.scalars: list[Span] = []

    def compose(self) -> Node | None:
        """Return the root node, or report why the file has none and return None."""
        root: Node | None = None
        try:
            for event in self._events:
                if isinstance(event, events.DocumentStartEvent):
                    if root is not None:
                        span = self._span(event)
                        raise UnreadableError(rules.yaml.SeveralDocuments(span=span))
                    root = self._node(next(self._events), 0)
        except UnreadableError as problem:
            problem.report_to(self._report)
            return None
        return root

    def _read(self) -> Iterator[events.Event]:
        text = self._source.text
        if len(text) > LONGEST:
            raise self._too_much(LONGEST, LONGEST, "characters")
        try:
            for count, event in enumerate(YAML(typ="safe", pure=True).parse(text)):
                if count > MOST_EVENTS:
                    at = event.start_mark.index
                    raise self._too_much(at, MOST_EVENTS, "values")
                yield event
        except YAMLError as error:
            raise UnreadableError(self._not_yaml(error)) from None
        except (ValueError, IndexError, OverflowError):
            # ruamel's scanner does not catch errors raised by `chr` and `int`.
            problem = "an escape or a number is not valid"
            raise UnreadableError(not_yaml(self._source, 0, problem)) from None

    def _too_much(self, at: int, limit: int, what: str) -> UnreadableError:
        span = span_in(self._source, at, at + 1)
        return UnreadableError(rules.yaml.TooMuch(span=span, limit=limit, what=what))

    def _not_yaml(self, error: YAMLError) -> Diagnostic:
        if isinstance(error, MarkedYAMLError):
            return blame(self._source, error)
        if not isinstance(error, ReaderError):
            return not_yaml(self._source, 0, "the parser can't read it")
        code = ord(error.character) if isinstance(error.character, str) else 0
        problem = f"the character U+{code:04X} is not allowed"
        return not_yaml(self._source, error.position, problem)

    def _span(self, event: events.Event) -> Span:
        return span_in(self._source, event.start_mark.index, event.end_mark.index)

    def _node(self, event: events.Event, depth: int) -> Node:
        if self._report.full:
            raise UnreadableError
        # Aliases would let a small file expand to a large one (decision 006).
        if isinstance(event, events.AliasEvent):
            self._report.add(rules.yaml.Reference(span=self._span(event)))
            return Unread(self._span(event))
        assert isinstance(event, events.ScalarEvent | events.CollectionStartEvent)
        refused = self._is_decorated(event)
        if depth > DEEPEST:
            span = self._span(event)
            raise UnreadableError(rules.syntax.TooDeep(span=span, limit=DEEPEST))
        node: Node
        if isinstance(event, events.ScalarEvent):
            node = self._scalar(event)
        else:
            node = self._collection(event, depth)
        return Unread(node.span) if refused else node

    def _is_decorated(
        self, event: events.ScalarEvent | events.CollectionStartEvent
    ) -> bool:
        """Report an anchor or a tag, and return whether there is one."""
        text = self._source.text
        start = event.start_mark.index
        if event.anchor is not None:
            at = text.find("&", start)
            span = span_in(self._source, at, at + 1 + len(event.anchor))
            self._report.add(rules.yaml.Reference(span=span))
        elif event.tag is not None:
            at = max(text.find("!", start), 0)
            tag = _TAG.match(text, at)
            span = span_in(self._source, at, tag.end() if tag else at)
            self._report.add(rules.yaml.Tag(span=span))
        return event.anchor is not None or event.tag is not None

    def _scalar(self, event: events.ScalarEvent) -> Scalar:
        span = self._span(event)
        try:
            event.value.encode()
        except UnicodeEncodeError:  # a lone surrogate
            problem = "an escape encodes only half a character"
            raise UnreadableError(not_yaml(self._source, span.start, problem)) from None
        if span.start < span.end:
            self.scalars.append(span)
        if event.style in ("'", '"'):
            span = span_in(self._source, span.start + 1, span.end - 1)
        # `|+` keeps all line ends, so the last one is part of the value.
        block = event.style in ("|", ">") and "+" not in span.text.partition("\n")[0]
        return Scalar(event.value, span, plain=event.style is None, block=block)

    def _collection(self, event: events.CollectionStartEvent, depth: int) -> Node:
        is_list = isinstance(event, events.SequenceStartEvent)
        items: list[Node] = []
        pairs: list[Pair] = []
        span = self._span(event)
        for inner in self._events:
            if isinstance(inner, events.CollectionEndEvent):
                # The end of a block comes after blank lines.
                span = span.to(self._span(inner)) if event.flow_style else span
                break
            node = self._node(inner, depth + 1)
            if is_list:
                items.append(node)
            else:
                pairs += self._pair(node, self._node(next(self._events), depth + 1))
        values = items if is_list else [value for _, value in pairs]
        span = span.to(values[-1].span) if values else span
        return Sequence(tuple(items), span) if is_list else Mapping(tuple(pairs), span)

    def _pair(self, key: Node, value: Node) -> Iterator[Pair]:
        """Yield a key and its value; report a key that is not a word."""
        if not isinstance(key, Scalar):
            wrong_form(key, "a word as key").report_to(self._report)
            return
        if key.plain and key.text == "<<":  # merges another mapping
            if not isinstance(value, Unread):
                self._report.add(rules.yaml.Reference(span=key.span))
            value = Unread(value.span)
        yield key, value


_GLUED = re.compile(r"(\w+)(:)[^\s:]")
_COLON = re.compile(r"\s*:")
_PARTS = frozenset(part.key for part in PARTS.values())


def rejoin(mapping: Mapping) -> Mapping:
    """Restore the values of ``from: a, b`` and ``kernel: (3, 3)`` in braces.

    YAML reads the part after a comma as a key without a value. Raise UnreadableError if
    a key has no space after its colon: ``filters:8``.
    """
    pairs: list[Pair] = []
    for key, value in mapping.pairs:
        is_bare = is_empty(value) and key.plain
        if is_bare and not _COLON.match(key.span.source.text, key.span.end):
            glued = _GLUED.match(key.text)
            if glued and glued[1] in KEYS | _PARTS:
                at = key.span.start + glued.start(2)
                raise UnreadableError(no_blank(Span(key.span.source, at, at + 1)))
            if pairs and _goes_on(*pairs[-1]):
                first, before = pairs.pop()
                span = before.span.to(key.span)
                key = first
                value = Scalar(span.text, span, plain=True)
        pairs.append((key, value))
    return mapping._replace(pairs=tuple(pairs))


def _goes_on(key: Scalar, value: Node) -> bool:
    """Return whether the text after a comma belongs to the value before the comma."""
    if not isinstance(value, Scalar) or not value.plain or not value.text:
        return False
    opened = value.text.startswith("(") and not value.text.endswith(")")
    return opened or key.text == "from"

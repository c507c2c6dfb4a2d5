"""Represent problems as data, and print them.

`Diagnostic` is the base class of every rule, and `Diagnostics` collects the problems of
one run. `diagnostic_text` and `machine_formats` print diagnostics. Imports only
`source` and the folders below it in the layering.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import get_annotations
from operator import attrgetter
from string import Formatter
from typing import Any, ClassVar, NamedTuple, Protocol

from snnc.source import Span
from snnc.text.tables import dims, in_backticks, join_alternatives, printable

if sys.version_info >= (3, 11):
    from typing import Self, dataclass_transform
else:
    from typing_extensions import Self, dataclass_transform


# Not a dataclass: importing the rules would take longer than a check (decision 004).
@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Like a frozen dataclass, but without generated methods.

    There are more than a hundred kinds of diagnostics: generating methods for each
    would take longer than checking a spec. Annotated names are keyword arguments; those
    with a value are optional.

    Raises
    ------
    TypeError
        If an argument is missing or unknown.
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        annotated = get_annotations(cls).items()  # works in every Python version
        fields = (name for name, kind in annotated if "ClassVar" not in str(kind))
        cls._names = tuple(dict.fromkeys((*cls._names, *fields)))
        for name in _TEXTS & vars(cls).keys():
            setattr(cls, name, _Template(name, vars(cls)[name]))

    def __init__(self, **values: object) -> None:
        for name in (*self._names, *values):
            if name not in self._names:
                raise TypeError(f"{type(self).__name__} has no {name}")
            if name not in values and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} needs {name}")
        self.__dict__.update(values)

    def but(self, **values: object) -> Self:
        """Return a copy with some values changed."""
        known = {n: v for n, v in self.__dict__.items() if n in self._names}
        return type(self)(**{**known, **values})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        pairs = zip(self._names, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in pairs)})"


class Severity(str, enum.Enum):
    """The severity of a diagnostic: only errors stop a build."""

    ERROR = "error"
    WARNING = "warning"

    __str__ = str.__str__


TRANSLATIONS: dict[str, Callable[[str], str]] = {}
"""For each notation, the function that translates the examples in notes and helps.

The texts use ``.snn``. The parser of another notation adds its function before it
reports any diagnostic.
"""


class Label(NamedTuple):
    """An additional position of a diagnostic, with its text."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A replacement for the text of a span that fixes the problem.

    An ``unsafe`` fix may change the meaning of the spec.
    """

    span: Span
    replacement: str
    unsafe: bool = False


def _format_value(value: object, spec: str) -> str:
    """Format a value; write a tuple of integers as dims, and of words with an `or`."""
    if isinstance(value, tuple):
        is_shape = all(isinstance(size, int) for size in value)
        return dims(value) if is_shape else join_alternatives(value)
    if isinstance(value, float) and not spec:
        return f"{value:.6g}"
    return format(value, spec)


_TEXTS = {"message", "label", "notes", "help"}


class _Template:
    """A text of a kind of diagnostics, which each instance fills in.

    Notes and help quote ``.snn`` code, which is translated to the notation of the spec.
    A note with an empty value is omitted.
    """

    def __init__(self, name: str, template: Any) -> None:
        self._has_code = name in ("notes", "help")
        self._template = template

    def __get__(self, diagnostic: Diagnostic | None, kind: type[Diagnostic]) -> Any:
        if diagnostic is None:
            return self._template
        if isinstance(self._template, str):
            return self._fill(self._template, diagnostic)
        known = [text for text in self._template if _is_known(text, diagnostic)]
        filled = [self._fill(text, diagnostic) for text in known]
        return (*filled, *map(printable, diagnostic.more_notes))

    def _fill(self, template: str, diagnostic: Diagnostic) -> str:
        text = diagnostic.fill(template)
        translate = TRANSLATIONS.get(diagnostic.span.source.notation)
        return translate(text) if translate and self._has_code else text


def _is_known(template: str, diagnostic: Diagnostic) -> bool:
    """Return whether no value in a template is empty."""
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return all(attrgetter(name)(diagnostic) not in ("", None) for name in names)


class Diagnostic(Record):
    """One problem at one position.

    Each kind of problem is a subclass that assigns a code, a title and texts. The
    subclass's docstring is its documentation page, which `snnc.explain` returns.
    Annotated values become keyword arguments. The texts of the class are templates for
    these values and for properties; the texts of an instance are filled in. A tuple of
    integers is written as dims (``3x3x3``), and a tuple of words with an `or`. Notes
    and help quote ``.snn`` code, which is translated for a YAML spec.

    Attributes
    ----------
    code : str
        The code, such as ``SNN301``; its meaning never changes.
    severity : str
        ``error`` or ``warning``.
    message : str
        One plain sentence.
    label : str
        The text next to the underlined position; may be empty.
    notes : tuple of str
        The value, the limit and its source.
    help : str
        The closest change that works; may be empty.
    span : Span
        The position: see also `file`, `line` and `column`.
    related : tuple of Label
        Other positions, each with a ``span`` and a ``text``.
    fix : Fix or None
        A fix: the ``replacement`` for the text of a ``span``.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    message: ClassVar[str]
    label: ClassVar[str] = ""
    notes: ClassVar[tuple[str, ...]] = ()
    help: ClassVar[str] = "{hint}"

    span: Span
    related: tuple[Label, ...] = ()
    fix: Fix | None = None
    advice: str = ""

    @property
    def hint(self) -> str:
        """The help of a class without a template."""
        return self.advice

    @property
    def more_notes(self) -> Iterable[str]:
        """The notes that are not templates."""
        return ()

    @property
    def file(self) -> str:
        """The path of the spec as given; ``replace`` for a value of `Spec.replace`."""
        return self.span.source.name

    @property
    def line(self) -> int:
        """The line where the span begins, from 1."""
        return self.span.first.line

    @property
    def column(self) -> int:
        """The column where the span begins, from 1."""
        return self.span.first.column

    @property
    def end_line(self) -> int:
        """The line where the span ends, from 1."""
        return self.span.last.line

    @property
    def end_column(self) -> int:
        """The column after the last character, from 1."""
        return self.span.last.column

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}[{self.code}]: {self.message}"

    def fill(self, template: str) -> str:
        """Fill a template from attributes, with one line and no control codes.

        Backticks inside a value can't end a code span.
        """
        parts = []
        is_quoted = False
        for literal, name, spec, _ in Formatter().parse(template):
            parts.append(literal)
            is_quoted ^= literal.count("`") % 2 == 1
            if name is not None:
                shown = _format_value(attrgetter(name)(self), spec or "")
                parts.append(in_backticks(shown) if is_quoted else printable(shown))
        return "".join(parts)

    def graded(self, severity: Severity) -> Self:
        """Return a copy of the diagnostic with another severity."""
        copy = self.but()
        # The severity belongs to the class, so it is not one of the values.
        vars(copy)["severity"] = severity
        return copy


class SpecWarning(Diagnostic):
    """A problem that does not stop a build, and that a comment may allow."""

    severity = Severity.WARNING


class StatementDiagnostic(Diagnostic):
    """An error in a statement of a ``kind``."""

    kind: str


class PropertyDiagnostic(Diagnostic):
    """An error in a property, whose name is the ``key``."""

    key: str


class Located(Protocol):
    """A layer with the positions of its properties."""

    @property
    def name(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def spans(self) -> Mapping[str, Span]: ...


class LayerDiagnostic(Diagnostic):
    """An error in a layer, or in another statement with a ``name``."""

    name: str

    @classmethod
    def at(cls, layer: Located, key: str = "", /, **values: Any) -> Self:
        """Return the diagnostic at a property of a layer, or at the layer's head."""
        return cls(span=layer.spans.get(key, layer.span), name=layer.name, **values)


class LayerWarning(LayerDiagnostic, SpecWarning):
    """A warning about a layer called ``name``."""


@dataclass(slots=True)
class Diagnostics:
    """Collects diagnostics, so that one run reports every problem in a file.

    After ``limit`` errors, passes stop, and further errors are dropped.
    """

    limit: int = 100
    errors: int = field(default=0, init=False)
    _found: dict[Diagnostic, None] = field(default_factory=dict, init=False)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    def add(self, *diagnostics: Diagnostic) -> None:
        """Add diagnostics once each, except errors above the limit."""
        for diagnostic in diagnostics:
            if not (self.full and diagnostic.severity is Severity.ERROR):
                self.extend([diagnostic])

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add diagnostics, ignoring the limit."""
        for diagnostic in diagnostics:
            if diagnostic not in self._found:
                self._found[diagnostic] = None
                self.errors += diagnostic.severity is Severity.ERROR

    def withdraw(self, diagnostic: Diagnostic) -> None:
        """Remove a diagnostic."""
        del self._found[diagnostic]
        self.errors -= diagnostic.severity is Severity.ERROR

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, sorted by position, then by code."""
        key = attrgetter("file", "span.start", "span.end", "code")
        return tuple(sorted(self._found, key=key))

    @property
    def full(self) -> bool:
        """Whether the number of errors has reached the limit."""
        return self.errors >= self.limit

"""What fmt, convert and check --fix write says what was written, and is never worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics import Report
from snnc.diagnostics.suppress import SIGN
from snnc.fix.mend import mend
from snnc.passes import compile_spec
from snnc.passes.parse import parse
from snnc.source import SourceFile, Span
from snnc.syntax import tree
from snnc.syntax.formatted import formatted
from tests.fuzz.harness import fuzz, processor_time, seeded
from tests.fuzz.texts import SNN, YAML, named_texts
from tests.syntax import paired, written

LONGEST = 30.0
ORDER = ("about", "target", "timing", "neuron", "defaults", "input", "encode")
"""The statements that YAML has as keys, in the order in which they are read."""


def parsed(name: str, text: str) -> tree.Document | None:
    """Return a spec as located syntax; None if it has a syntax error."""
    report = Report()
    document = parse(SourceFile(name, text), report)
    return None if report.errors else document


def said(node: Any) -> Any:
    """What a part of a spec says, wherever it stands; a quoted word is the word."""
    if isinstance(node, tree.Word | tree.Text):
        return node.text if isinstance(node, tree.Word) else node.value
    if isinstance(node, tuple):
        return tuple(map(said, node))
    if not is_dataclass(node):
        return node
    values = {f.name: getattr(node, f.name) for f in fields(node)}
    return type(node).__name__, tuple(
        (key, said(value) or None)
        for key, value in values.items()
        if not isinstance(value, Span)
    )


def statements(document: tree.Document) -> list[Any]:
    """What the statements say, those apart that YAML has as keys in any order."""
    found = [(s.kind.text, said(s)) for s in document.statements]
    front = [s for kind in ORDER[:-1] for s in found if s[0] == kind]
    back = [s for kind in ("readout", "train") for s in found if s[0] == kind]
    layers = [s for s in found if s not in front and s not in back]
    return [*front, *layers, *back]


def remarks(document: tree.Document) -> Counter[str]:
    return Counter(comment.text for comment in document.comments)


def check_format(name: str, text: str) -> None:
    document = parsed(name, text)
    if document is None:
        return
    output = formatted(document)
    again = parsed(name, output)
    assert again is not None, output
    assert statements(again) == statements(document), output
    assert remarks(again) == remarks(document), output
    if name == SNN:
        assert [c.text for c in again.comments] == [c.text for c in document.comments]
    assert formatted(again) == output


def errors(name: str, text: str) -> int:
    report = Report()
    compile_spec(SourceFile(name, text), report, through="validate")
    return report.errors


def check_convert(name: str, text: str) -> None:
    """Convert as `snnc convert` does: there, and back to what the formatter writes."""
    from snnc.syntax.printer import print_snn
    from snnc.syntax.yaml.printer import print_yaml

    printers = {SNN: print_snn, YAML: print_yaml}
    other = YAML if name == SNN else SNN
    document = parsed(name, text)
    if document is None or errors(name, text):
        return
    output = printers[other](document)
    there = parsed(other, output)
    assert there is not None, output
    assert statements(there) == statements(document), output
    assert remarks(there) == remarks(document), output
    back = parsed(name, printers[name](there))
    assert back is not None
    assert statements(back) == statements(document)
    assert remarks(back) == remarks(document)
    assert printers[other](there) == output


def badness(report: Report, results: dict[str, Any]) -> tuple[int, int, int]:
    """Errors, statements that can't be read, and all problems."""
    unread = sum(statement.broken for statement in results["parse"].statements)
    return report.errors, unread, len(report.diagnostics)


def check_fix(name: str, text: str, unsafe: bool) -> None:
    source = SourceFile(name, text)
    before = Report()
    found = compile_spec(source, before, through="map")
    mended = mend(source, unsafe)
    if not mended.count:
        assert mended.source.text == text
        return
    after = Report()
    compiled = compile_spec(mended.source, after, through="map")
    left, was = (after, compiled), (before, found)
    assert badness(*left) < badness(*was) or before.full, mended.source.text
    assert mend(mended.source, unsafe).count == 0
    kept = "".join(mended.source.text.split())
    for comment in found["parse"].comments:
        if SIGN not in comment.text:
            assert "".join(comment.text.split()) in kept
    if not before.errors:
        assert said(compiled["validate"].spec) == said(found["validate"].spec)


def check(name: str, text: str) -> None:
    with processor_time(LONGEST):
        check_format(name, text)
        check_convert(name, text)
        check_fix(name, text, unsafe=False)
        check_fix(name, text, unsafe=True)


@seeded("syntax")
def test_known_texts_are_kept(path: Path) -> None:
    name = YAML if path.suffix == ".yaml" else SNN
    check(name, path.read_bytes().decode())


@fuzz(100)
@given(named_texts())
def test_texts_are_kept(named: tuple[str, str]) -> None:
    check(*named)


def _both() -> Iterator[st.SearchStrategy[str]]:
    yield paired.specs()
    yield written.specs()


@fuzz(100)
@given(st.one_of(*_both()))
def test_drawn_specs_are_kept(text: str) -> None:
    check(SNN, text)

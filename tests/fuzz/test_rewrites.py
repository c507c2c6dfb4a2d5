"""`check` answers any text soon; fmt, convert and `--fix` keep its meaning.

An answer shows where the problem is, and a fix never makes a text worse.
"""

import json
import re
from collections import Counter
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.diagnostics.machine_formats import document as as_json
from snnc.diagnostics.machine_formats import github_commands, sarif_document
from snnc.driver import compile_spec
from snnc.language import tree
from snnc.passes import Compilation
from snnc.passes.parse import parse
from snnc.source import SourceFile, Span
from snnc.syntax.files import format_document
from snnc.syntax.printer import WIDTH, print_snn
from snnc.syntax.yaml.printer import not_in_comments, print_yaml
from snnc.verbs.autofix import MOST_READ, autofix
from tests.fuzz.harness import fuzz, processor_time, seeds
from tests.fuzz.texts import SNN, YAML, large_texts, named_texts
from tests.support import SPECS
from tests.syntax.written import paired_specs, specs, yaml_specs

pytestmark = pytest.mark.slow

ANSWERED = 10.0
"""Seconds of a processor; a tenth of it is what users wait for on an idle machine."""
LONGEST = 30.0
LONG = 2_000
ORDER = ("about", "target", "timing", "neuron", "defaults", "input", "encode")
"""The statements that YAML has as keys, in the order in which they are read."""


def check_answer(name: str, text: str) -> None:
    with processor_time(ANSWERED):
        report = Diagnostics()
        made = compile_spec(SourceFile(name, text), report, through="verify")
        found = report.diagnostics
        shown = render(found)
        for form in (as_json(found), [*github_commands(found)], sarif_document(found)):
            json.dumps(form)
    assert all(line.isprintable() for line in shown.splitlines())
    assert made.document is not None
    for span in spans_of(made.document):
        assert 0 <= span.start <= span.end <= len(text)
    assert report.errors or made.document.network is not None


def spans_of(node: object) -> list[Span]:
    if isinstance(node, Span):
        return [node]
    if isinstance(node, tuple):
        return [span for part in node for span in spans_of(part)]
    fields = getattr(type(node), "__dataclass_fields__", {})
    if "source" in fields:
        return []
    return [span for name in fields for span in spans_of(getattr(node, name))]


def parse_document(name: str, text: str) -> tree.Document | None:
    """Return a spec as located syntax; None if it has a syntax error."""
    report = Diagnostics()
    document = parse(SourceFile(name, text), report)
    return None if report.errors else document


def meaning(node: Any) -> Any:
    """Return the meaning of a part of a spec, without its place.

    A word means the same with quotes, without quotes and with empty braces; one size
    in brackets is a number.
    """
    if isinstance(node, tree.Dims) and len(node.values) == 1:
        node = tree.Number(node.values[0], node.span)
    if isinstance(node, tree.Group) and not node.properties:
        return node.name.text
    if isinstance(node, tree.Word | tree.Text):
        return node.text if isinstance(node, tree.Word) else node.value
    if isinstance(node, tuple):
        return tuple(map(meaning, node))
    if not is_dataclass(node):
        return type(node), node
    values = {f.name: getattr(node, f.name) for f in fields(node)}
    return type(node).__name__, tuple(
        (key, meaning(value) or None)
        for key, value in values.items()
        if not isinstance(value, Span)
    )


def statements(document: tree.Document) -> list[Any]:
    """Return the statements' meaning; statements that YAML has as keys are sorted."""
    found = [(s.kind.text, meaning(s)) for s in document.statements]
    front = [s for kind in ORDER[:-1] for s in found if s[0] == kind]
    back = [s for kind in ("readout", "train") for s in found if s[0] == kind]
    layers = [s for s in found if s not in front and s not in back]
    return [*front, *layers, *back]


def remarks(document: tree.Document) -> Counter[str]:
    return Counter(comment.text for comment in document.comments)


def remarks_in_order(document: tree.Document) -> list[str]:
    """Return the comments but for those that allow something, which may go above it."""
    return [c.text for c in document.comments if "snnc:" not in c.text]


def in_order(document: tree.Document) -> bool:
    """Return whether the formatter moves nothing: YAML's keys have any order."""
    found = [document.edition, document.network, *document.statements]
    starts = [node.span.start for node in found if node is not None]
    return starts == sorted(starts)


def check_format(name: str, text: str) -> None:
    document = parse_document(name, text)
    if document is None:
        return
    output = format_document(document)
    again = parse_document(name, output)
    assert again is not None, output
    assert statements(again) == statements(document), output
    assert remarks(again) == remarks(document), output
    if in_order(document):
        assert remarks_in_order(again) == remarks_in_order(document)
    assert format_document(again) == output


def errors(name: str, text: str) -> int:
    report = Diagnostics()
    compile_spec(SourceFile(name, text), report, through="validate")
    return report.errors


def check_convert(name: str, text: str) -> None:
    """Convert as `snnc convert` does: there, and back to what the formatter writes."""
    printers = {SNN: print_snn, YAML: print_yaml}
    other = YAML if name == SNN else SNN
    document = parse_document(name, text)
    if document is None or errors(name, text):
        return
    if other == YAML and any(not_in_comments(document)):
        return
    output = printers[other](document)
    there = parse_document(other, output)
    assert there is not None, output
    assert statements(there) == statements(document), output
    assert remarks(there) == remarks(document), output
    back = parse_document(name, printers[name](there))
    assert back is not None
    assert statements(back) == statements(document)
    assert remarks(back) == remarks(document)
    assert printers[other](there) == output


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text))


def badness(report: Diagnostics, made: Compilation) -> tuple[int, int, int]:
    """Errors, statements that can't be read, and all problems."""
    assert made.document is not None
    unread = sum(statement.broken for statement in made.document.statements)
    return report.errors, unread, len(report.diagnostics)


def check_fix(name: str, text: str, unsafe: bool) -> None:
    source = SourceFile(name, text)
    before = Diagnostics()
    found = compile_spec(source, before, through="place")
    fixes = sum(diagnostic.fix is not None for diagnostic in before.diagnostics)
    if not fixes:
        return
    fixed = autofix(source, unsafe=unsafe)
    if not fixed.count:
        assert fixed.source.text == text
        return
    after = Diagnostics()
    compiled = compile_spec(fixed.source, after, through="place")
    left, was = (after, compiled), (before, found)
    assert badness(*left) < badness(*was) or before.full, fixed.source.text
    if len(text) < LONG and fixes * len(text) < MOST_READ // 4:
        # A long text, or one with many fixes to try, may take several runs.
        assert autofix(fixed.source, unsafe=unsafe).count == 0
    kept = words(fixed.source.text)
    for comment in found.document.comments if found.document else ():
        assert "snnc:" in comment.text or words(comment.text) in kept
    if not before.errors:
        assert found.spec is not None
        assert compiled.spec is not None
        assert compiled.spec.spec == found.spec.spec


def check(name: str, text: str, unsafe: bool) -> None:
    with processor_time(LONGEST):
        check_format(name, text)
        check_convert(name, text)
        check_fix(name, text, unsafe)


@pytest.mark.parametrize("path", [*seeds("syntax"), *SPECS], ids=lambda path: path.name)
def test_known_texts_are_answered_and_kept(path: Path) -> None:
    text = path.read_bytes().decode()
    check_answer(path.name, text)
    for unsafe in (False, True):
        check(YAML if path.suffix == ".yaml" else SNN, text, unsafe)


@fuzz(40)
@given(named_texts(), st.booleans())
def test_texts_are_answered_and_kept(named: tuple[str, str], unsafe: bool) -> None:
    check_answer(*named)
    check(*named, unsafe)


@fuzz(10)
@given(large_texts())
def test_the_largest_texts_are_answered(named: tuple[str, str]) -> None:
    check_answer(*named)


@fuzz(150)
@given(st.one_of(paired_specs(), specs()), st.booleans())
def test_drawn_specs_are_kept(text: str, unsafe: bool) -> None:
    check(SNN, text, unsafe)
    document = parse_document(SNN, text)
    assert document is not None
    for line in print_snn(document).splitlines():
        code = line.split("#")[0].rstrip()
        assert len(code) <= WIDTH or not code.endswith("}"), "it could be broken"
        assert line == line.rstrip()


@fuzz(100)
@given(paired_specs())
def test_converting_there_and_back_is_formatting(text: str) -> None:
    document = parse_document(SNN, text)
    assert document is not None
    yaml = print_yaml(document)
    there = parse_document(YAML, yaml)
    assert there is not None
    assert print_yaml(there) == yaml
    assert print_snn(there) == print_snn(document)
    assert remarks(there) == remarks(document)


@fuzz(60)
@given(yaml_specs(), st.booleans())
def test_drawn_yaml_specs_are_kept(text: str, unsafe: bool) -> None:
    check(YAML, text, unsafe)

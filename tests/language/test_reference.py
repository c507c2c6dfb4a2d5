"""What is written from the language table matches it."""

import re
from typing import get_args

from snnc.language import readers
from snnc.language.keywords import FORMS, KINDS, MODELS, REFUSED
from snnc.language.models import fields_of
from snnc.rules.statements import UnknownKind
from tests.language.attributes import attributes_text
from tests.language.reference import reference
from tests.rules.checking import assert_accepted
from tests.support import ROOT

ATTRIBUTES = ROOT / "snnc" / "ir" / "layer_attributes.py"
DOCUMENT = ROOT / "docs" / "language.md"
TABLE = re.compile(r"<!-- (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)


def test_the_document_has_the_tables_of_the_language() -> None:
    tables = reference()
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name, _ in TABLE.findall(text)] == list(tables)
    made = TABLE.sub(lambda m: f"<!-- {m[1]} -->\n{tables[m[1]]}\n<!-- end -->\n", text)
    assert_accepted(DOCUMENT, made)


def test_layers_have_the_attributes_of_the_language() -> None:
    assert_accepted(ATTRIBUTES, attributes_text())


def test_the_page_of_an_unknown_kind_names_each() -> None:
    assert [k for k in KINDS if f"`{k}`" not in (UnknownKind.__doc__ or "")] == []


def test_words_of_the_language_are_reserved_and_not_refused() -> None:
    assert FORMS.keys() == readers.KINDS
    assert all(map(readers.is_reserved, FORMS))
    assert KINDS.isdisjoint(REFUSED)


def test_a_model_takes_the_kinds_that_its_forms_have() -> None:
    for kind, form in FORMS.items():
        if not form.is_layer:
            continue
        for variant, model in MODELS[kind].items():
            field = fields_of(model)["kind"]
            assert f"{kind} {variant}".strip() in get_args(field.type)

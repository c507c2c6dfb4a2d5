"""The reserved words come from the table of statements and the refusals."""

from __future__ import annotations

from snnc.language import names
from snnc.language.keywords import FORMS
from snnc.rules.refused import REFUSED


def test_every_kind_of_statement_is_reserved() -> None:
    assert FORMS.keys() == names.KINDS
    assert all(map(names.is_reserved, FORMS))


def test_every_refused_word_has_its_rule() -> None:
    assert REFUSED.keys() == names.REFUSED

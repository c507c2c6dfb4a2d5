"""Whoever does what a help says has no other problem.

A fix is applied to the example. For other helps, the example's folder has a spec for
each way out: `followed.snn`, `followed-2.snn` and so on. Without these files,
`valid.snn` is the only way out.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostic
from snnc.language.keywords import CLAUSES, HEADERS, KEYS, KINDS, values_of
from snnc.rules import all_rules
from snnc.verbs.autofix import apply_fixes
from tests.rules.checking import check_text
from tests.rules.test_catalogue import ELSEWHERE, FILES

CASES = sorted(Path(__file__).parent.glob("cases/*/invalid.*"))
# Their ways out are commands and changes of other files: the tests of `output`,
# `weight_files`, `importer` and `cli` follow them.
OUT_OF_SPECS = {rule.code for rule in all_rules() if rule.code.startswith(FILES)}
# They ask for a new spec, and say only how it begins.
NEW_SPECS = {"SNN119", "SNN129"}
ROUNDS = 2

VALUES = {value for key in KEYS for value in values_of(key)}
VOCABULARY = KEYS | KINDS | CLAUSES | HEADERS | VALUES
TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.+-]*")
SNIPPET = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"snnc |--|\.|hardware_options")
PLACEHOLDER = re.compile(r"\b(NAME|CODE|N|reason)\b|\\\.\\\.\\\.")
# Code in helps that explains, and is not a way out. A comment in place of a wrong one
# has an effect only if the example has a second problem.
MENTIONED = {
    "SNN135": {"- dense: {name: d0, units: 64}"},
    "SNN144": {"# snnc: allow CODE reason"},
    "SNN104": {r"\"", r"\n", r"\t"},
    "SNN222": {"conv1d", "conv3d", "from", "add", "concat"},
    "SNN252": {"shortcut"},
    "SNN415": {"dense"},
    "SNN423": {"present"},
    "SNN901": {"cross_entropy"},
}
# The last part of some helps is for series alone, as is a case named after it.
FOR_SERIES = "; for a series, "
# Values that a help gives in words: "the shape length x 1 x channels".
TOLD_IN_WORDS = {"SNN911": {"32x1x2"}}


def ways(invalid: Path) -> list[Path]:
    """Return the specs after each way out of the problem of a spec."""
    followed = sorted(invalid.parent.glob("followed*"))
    return followed or [invalid.with_stem("valid")]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_following_the_help_leaves_no_problem(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    (found,) = check_text(text, path.name).diagnostics
    if found.fix is not None:
        assert_fixed(text, path.name)
        return
    advice = advice_for(path, found)
    texts = {way.name: way.read_text(encoding="utf-8") for way in ways(path)}
    for name, followed in texts.items():
        assert check_text(followed, name).diagnostics == (), name
        assert words_of_its_own(followed, text, found, advice) == set(), (name, advice)
    for told in told_by(found.code, advice):
        assert is_followed(told, text, texts.values()), (told, advice)


def advice_for(path: Path, found: Diagnostic) -> str:
    """Return the part of a help that is for the kind of network of a case."""
    image, _, series = (found.help or "").partition(FOR_SERIES)
    return series if path.parent.name.endswith("-series") else image


def assert_fixed(text: str, name: str) -> None:
    """Apply fixes, at most two rounds of them: no problem is left."""
    for _ in range(ROUNDS):
        found = check_text(text, name).diagnostics
        fixes = [each.fix for each in found if each.fix is not None]
        text, _ = apply_fixes(text, fixes)
    assert check_text(text, name).diagnostics == ()


def words_of_its_own(
    followed: str, invalid: str, found: Diagnostic, advice: str
) -> set[str]:
    """Return the words and numbers that a followed spec has and nobody told to write.

    Names and reasons are free, and so are numbers if the help has none.
    """
    if found.code in NEW_SPECS or not advice:
        return set()
    known = set(TOKEN.findall(" ".join((advice, *found.notes, invalid))))
    known |= TOLD_IN_WORDS.get(found.code, set())
    new = set(TOKEN.findall(re.sub("#.*", "", followed))) - known
    has_numbers = re.search(r"\b\d", advice) is not None
    return {t for t in new if t in VOCABULARY or (has_numbers and t[0].isdigit())}


def told_by(code: str, advice: str) -> list[str]:
    """Return the code that a help says to write or to remove."""
    mentioned = MENTIONED.get(code, set())
    told = (t for t in SNIPPET.findall(advice) if t not in mentioned)
    return [snippet for snippet in told if not COMMAND.match(snippet)]


def is_followed(told: str, invalid: str, texts: Iterable[str]) -> bool:
    """Return whether a followed spec has the code, or lacks code of the invalid one."""
    pattern = PLACEHOLDER.sub(".+", re.escape(told).replace(r"\ ", r"\s+"))
    is_removed = told in invalid
    return any(
        re.search(pattern, text, re.DOTALL) or (is_removed and told not in text)
        for text in texts
    )


def test_every_rule_of_specs_has_an_example_here() -> None:
    shown = {path.parent.name.split("-")[0] for path in CASES}
    due = {rule.code for rule in all_rules()} - OUT_OF_SPECS - ELSEWHERE.keys()
    assert shown == due

"""What `--fix` writes can't mean anything else, and leaves less wrong than before."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
from snnc.tools.autofix import autofix
from tests.autofix.test_fixes import HERE as FIXES

GOOD = (FIXES / "safe.snn").read_text(encoding="utf-8")
NO_HELP = {
    "another edition": ("x.yaml", "snn: 2\nnetwork: net\n"),
    "a text": ("x.snn", "network protocols are fun\n"),
    "a list of services": ("x.yaml", "services:\n  web: {image: nginx}\n"),
    "words": ("x.yaml", "layers of the atmosphere: 5\n"),
    "a program": ("x.snn", "import keras\n\nnetwork = keras.Sequential()\n"),
}


@pytest.mark.parametrize("name", NO_HELP)
def test_a_fix_that_does_not_help_is_not_applied(name: str) -> None:
    source = SourceFile(*NO_HELP[name])
    fixed = autofix(source)
    assert (fixed.source.text, fixed.count) == (source.text, 0)


def test_of_several_fixes_those_that_help_are_applied() -> None:
    pool = "  avgpol { loss 3 }\n"
    text = GOOD.replace("  dense", f"{pool}  dense").replace("classes 2", "clases 2")
    text = text.replace("from end_a", "from end_a, e")
    fixed = autofix(SourceFile("x.snn", text), unsafe=True)
    assert "classes 2" in fixed.source.text
    report = Diagnostics()
    compile_spec(SourceFile("x.snn", text), report, through="place")
    assert fixed.report.errors < report.errors


def test_a_fix_that_brings_mistakes_to_light_is_applied_with_theirs() -> None:
    text = GOOD.replace("{ filters 4 }", "{ filtres 4, kernal 3").replace(
        "{ units 8, neuron lif }", "{ unit 8, neuron LIF }"
    )
    fixed = autofix(SourceFile("x.snn", text))
    assert fixed.source.text == GOOD.replace("filters 4", "filters 4, kernel 3")
    assert fixed.count == 5

"""A new property or statement is one entry: all that is made of the table has it.

A copy of snnc gets a property, `jitter`, a kind of layer, `squeeze`, and words of other
libraries for both; each test asks a part of the copy for them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

PROPERTY = """
Jitter = Annotated[
    Amount,
    Limits(ge=0, le=9),
    Key("Noise of the current", usual="0.5"),
]
"""
ON_LAYERS = "    jitter: Annotated[has.Jitter | None, Otherwise(0.25)] = None\n"
STATEMENT = '''class SqueezeSpec(SpikingSpec):
    """A layer that squeezes."""

    forms = layer("squeeze", "Squeezes.", "squeeze q0 { factor 2 }", size="factor")

    kind: Literal["squeeze"] = "squeeze"
    name: has.Name
    sources: has.Sources = ()
    factor: Annotated[has.Factor | None, Otherwise((2,))] = None


'''
WORDS = {
    "[same kinds]": "squeeze = press",
    "[same]": "jitter = current_noise",
    "[nearby]": "jitter = shake",
}
Ask = Callable[[str], Any]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Run a script with the copy, and return what it assigns to ``found``."""
    folder = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("snnc", "grammar", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    language = folder / "snnc" / "language"
    append(language / "properties.py", PROPERTY)
    insert(language / "layers.py", before="\n\nENCODE = ", text=ON_LAYERS)
    insert(language / "layers.py", before="LayerSpec = (", text=STATEMENT)
    insert(language / "layers.py", before="    | JoinSpec", text="    | SqueezeSpec\n")
    words = folder / "snnc" / "vocabulary" / "words.ini"
    text = words.read_text(encoding="utf-8")
    for section, line in WORDS.items():
        text = text.replace(f"{section}\n", f"{section}\n{line}\n")
    words.write_text(text, encoding="utf-8")
    path = os.pathsep.join((str(folder), str(ROOT)))

    def run(script: str) -> Any:
        code = f"{PRELUDE}\n{script}\nprint(json.dumps(found))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def insert(path: Path, before: str, text: str) -> None:
    whole = path.read_text(encoding="utf-8")
    assert whole.count(before) == 1
    path.write_text(whole.replace(before, text + before), encoding="utf-8")


PRELUDE = """
import json
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile

def spec(layer):
    return f'''snn 1

network net {{
  input x 8x8x1 in 0..1
  encode rate
  {layer}
  readout y {{ classes 2 }}
}}
'''

def compiled(text, name="net.snn"):
    report = Diagnostics()
    made = compile_spec(SourceFile(name, text), report, "validate")
    return made, [(d.code, d.render_help()) for d in report.diagnostics]
"""


@pytest.mark.slow
def test_both_notations_are_parsed_and_printed(ask: Ask) -> None:
    layer = "squeeze q { jitter 0.5, factor 2x3 }"
    found = ask(f"""
from snnc.syntax.printer import print_snn
from snnc.syntax.yaml.printer import print_yaml
text = spec({layer!r})
made, problems = compiled(text)
in_yaml = print_yaml(made.document)
again, others = compiled(in_yaml, "net.yaml")
same = print_snn(again.document) == print_snn(made.document) == text
(first,) = [l for l in again.spec.spec.layers if l.name == "q"]
found = [problems + others, same, in_yaml, first.jitter, first.kind]
""")
    assert found[:2] == [[], True]
    assert "- squeeze: {name: q, jitter: 0.5, factor: 2x3}" in found[2]
    assert found[3:] == [0.5, "squeeze"]


MISTAKES = {
    "conv2d c { filters 2, jiter 0.5 }": "did you mean `jitter`?",
    "conv2d c { filters 2, current_noise 1 }": "did you mean `jitter`?",
    "conv2d c { filters 2, shake 1 }": "did you mean `jitter`?",
    "conv2d c { filters 2, jitter 10 }": "write `jitter 9`",
    "conv2d c { filters 2, jitter on }": "write, for example, `jitter 0.5`",
    "squeze q": "did you mean `squeeze`?",
    "Press q": "did you mean `squeeze`?",
    "squeeze q 3": "write `squeeze q { factor 3 }`",
    "squeeze": "`squeeze q0`",
    "dense d from squeeze { units 3 }": "`squeeze q0 { factor 2 }`",
    "jitter 3": "`defaults`, `conv1d`, `conv2d` or `conv3d`",
}


@pytest.mark.slow
def test_what_is_wrong_with_it_is_told(ask: Ask) -> None:
    found = ask(f"found = [compiled(spec(layer))[1] for layer in {list(MISTAKES)}]")
    told = [[help for _, help in problems] for problems in found]
    assert [len(helps) for helps in told] == [1] * len(MISTAKES)
    for (help,), expected in zip(told, MISTAKES.values(), strict=True):
        assert expected in help


@pytest.mark.slow
def test_defaults_give_it_and_the_table_has_what_holds_otherwise(ask: Ask) -> None:
    found = ask("""
from snnc.language.fields import otherwise
from snnc.language.keywords import scope_keys
from snnc.language.layers import ConvSpec
text = spec("conv2d c { filters 2 }").replace(
    "input x", "defaults squeeze { jitter 1 }\\n  input x"
)
found = [compiled(text)[1], otherwise(ConvSpec, "jitter"), scope_keys("squeeze")]
""")
    assert found[:2] == [[], 0.25]
    assert {"jitter", "factor"} <= set(found[2])


@pytest.mark.slow
def test_schema_document_and_editors_have_it(ask: Ask) -> None:
    found = ask("""
from pygments.token import Name, Keyword
from snnc.editors.pygments import SnnLexer
from snnc.editors.rules import textmate_text
from snnc.language.schema import schema
from tests.language.reference import reference
definitions = schema()["definitions"]
layer = schema()["properties"]["layers"]["items"]["properties"]["squeeze"]
properties = definitions[layer["allOf"][0]["$ref"].split("/")[-1]]["properties"]
jitter = definitions[properties["jitter"]["$ref"].split("/")[-1]]
tokens = SnnLexer().get_tokens_unprocessed("squeeze q { jitter 1 }")
colours = {text: str(kind) for _, kind, text in tokens}
found = [
    layer["description"],
    jitter,
    reference()["layers"],
    reference()["properties"],
    [colours["squeeze"], colours["jitter"]],
    textmate_text().count("jitter") > 0,
]
""")
    assert found[0] == "Squeezes."
    assert found[1]["description"] == "Noise of the current (0.25)."
    assert (found[1]["minimum"], found[1]["maximum"]) == (0, 9)
    assert "| `squeeze NAME` | Squeezes. | `factor 2` |" in found[2]
    assert "`jitter 0.25`" in found[2]
    assert "| `jitter` | Noise of the current. |" in found[3]
    assert found[4] == ["Token.Keyword", "Token.Name.Attribute"]
    assert found[5]

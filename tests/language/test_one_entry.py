"""A new property or statement is one entry: all that is made of the table has it.

A copy of snnc gets a property, `jitter`, a kind of layer, `squeeze`, and words of other
libraries for both; each test looks at what a part of the copy makes of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
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
    """Squeezes."""

    forms = layer("squeeze q0 { factor 2 }", size="factor")

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
SCRIPT = """
import json, sys
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.editors.pygments import SnnLexer
from snnc.editors.rules import textmate_text
from snnc.language.fields import otherwise
from snnc.language.keywords import scope_keys
from snnc.language.layers import ConvSpec
from snnc.language.schema import schema
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.syntax.yaml.printer import print_yaml
from tests.language.reference import reference

def spec(layer, defaults=""):
    return f'''snn 1

network net {{{defaults}
  input x 8x8x1 in 0..1
  encode rate
  {layer}
  readout y {{ classes 2 }}
}}
'''

def compiled(text, name="net.snn"):
    report = Diagnostics()
    made = compile_spec(SourceFile(name, text), report, through="validate")
    return made, [d.render_help() for d in report.diagnostics]

text = spec("squeeze q { jitter 0.5, factor 2x3 }")
made, problems = compiled(text)
in_yaml = print_yaml(made.document)
again, others = compiled(in_yaml, "net.yaml")
(first,) = [l for l in again.spec.spec.layers if l.name == "q"]
default = "\\n  defaults squeeze { jitter 1 }"
definitions = schema()["definitions"]
layer = schema()["properties"]["layers"]["items"]["properties"]["squeeze"]
properties = definitions[layer["allOf"][0]["$ref"].split("/")[-1]]["properties"]
tokens = SnnLexer().get_tokens_unprocessed("squeeze q { jitter 1 }")
print(json.dumps({
    "problems": problems + others,
    "is the same": print_snn(again.document) == print_snn(made.document) == text,
    "yaml": in_yaml,
    "read": [first.jitter, first.kind],
    "helps": [compiled(spec(layer))[1] for layer in json.loads(sys.argv[1])],
    "defaults": compiled(spec("conv2d c { filters 2 }", default))[1],
    "otherwise": otherwise(ConvSpec, "jitter"),
    "scope": scope_keys("squeeze"),
    "about": layer["description"],
    "jitter": definitions[properties["jitter"]["$ref"].split("/")[-1]],
    "tables": reference(),
    "colours": {text: str(kind) for _, kind, text in tokens},
    "editors": textmate_text(),
}))
"""


def insert(path: Path, text: str, before: str = "", after: str = "") -> None:
    whole, place = path.read_text(encoding="utf-8"), after + before
    assert whole.count(place) == 1
    path.write_text(whole.replace(place, after + text + before), encoding="utf-8")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the copy makes of the new property and statement."""
    folder = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("snnc", "grammar", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    language = folder / "snnc" / "language"
    insert(language / "properties.py", before="\n# Properties of enc", text=PROPERTY)
    insert(language / "layers.py", before="\n\nENCODE = ", text=ON_LAYERS)
    insert(language / "layers.py", before="LayerSpec = (", text=STATEMENT)
    insert(language / "layers.py", before="    | JoinSpec", text="    | SqueezeSpec\n")
    words = folder / "snnc" / "vocabulary" / "words.ini"
    for section, line in WORDS.items():
        insert(words, after=f"{section}\n", text=f"{line}\n")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([*MISTAKES])],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_both_notations_are_parsed_and_printed(found: Any) -> None:
    assert found["problems"] == []
    assert found["is the same"]
    assert "- squeeze: {name: q, jitter: 0.5, factor: 2x3}" in found["yaml"]
    assert found["read"] == [0.5, "squeeze"]


@pytest.mark.slow
def test_what_is_wrong_with_it_is_told(found: Any) -> None:
    assert [len(helps) for helps in found["helps"]] == [1] * len(MISTAKES)
    for (help,), expected in zip(found["helps"], MISTAKES.values(), strict=True):
        assert expected in help


@pytest.mark.slow
def test_defaults_give_it_and_the_table_has_what_holds_otherwise(found: Any) -> None:
    assert found["defaults"] == []
    assert found["otherwise"] == 0.25
    assert {"jitter", "factor"} <= set(found["scope"])


@pytest.mark.slow
def test_schema_document_and_editors_have_it(found: Any) -> None:
    jitter, tables = found["jitter"], found["tables"]
    assert found["about"] == "Squeezes."
    assert jitter["description"] == "Noise of the current (0.25)."
    assert (jitter["minimum"], jitter["maximum"]) == (0, 9)
    assert "| `squeeze NAME` | Squeezes. | `factor 2` |" in tables["layers"]
    assert "`jitter 0.25`" in tables["layers"]
    assert "| `jitter` | Noise of the current. |" in tables["properties"]
    assert found["colours"]["squeeze"] == "Token.Keyword"
    assert found["colours"]["jitter"] == "Token.Name.Attribute"
    assert "jitter" in found["editors"]

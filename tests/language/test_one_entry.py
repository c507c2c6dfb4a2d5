"""A new property or statement is one entry: all that is made of the table has it.

A copy of snnc gets a property, `jitter`, a kind of layer, `squeeze`, and words of other
libraries for both. `expected/one_entry.json` is what the parts of the copy make of
them; ``SNNC_ACCEPT=1`` rewrites it.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.commands import run_python
from tests.rules.checking import assert_accepted
from tests.support import ROOT

EXPECTED = Path(__file__).parent / "expected" / "one_entry.json"

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

    forms = layer("squeeze q0 { factor 2 }")

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
SCRIPT = """
import json
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.editors.pygments import SnnLexer
from snnc.editors.rules import rules
from snnc.language.keywords import otherwise
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
    return made, [d.help for d in report.diagnostics]

MISTAKES = '''\\
conv2d c { filters 2, jiter 0.5 }
conv2d c { filters 2, current_noise 1 }
conv2d c { filters 2, shake 1 }
conv2d c { filters 2, jitter 10 }
conv2d c { filters 2, jitter on }
squeze q
Press q
squeeze q 3
squeeze
dense d from squeeze { units 3 }
jitter 3
'''.splitlines()
text = spec("squeeze q { jitter 0.5, factor 2x3 }")
made, problems = compiled(text)
in_yaml = print_yaml(made.document)
again, others = compiled(in_yaml, "net.yaml")
(first,) = [l for l in again.spec.spec.layers if l.name == "q"]
default = "\\n  defaults squeeze { jitter 1 }"
definitions = schema()["definitions"]
layer = schema()["properties"]["layers"]["items"]["properties"]["squeeze"]
properties = definitions[layer["allOf"][0]["$ref"].split("/")[-1]]["properties"]
tables = reference()
rows = [row for table in tables.values() for row in table.splitlines()]
tokens = SnnLexer().get_tokens_unprocessed("squeeze q { jitter 1 }")
print(json.dumps({
    "problems": problems + others,
    "is the same": print_snn(again.document) == print_snn(made.document) == text,
    "yaml": in_yaml,
    "read": [first.jitter, first.kind],
    "helps": {layer: compiled(spec(layer))[1] for layer in MISTAKES},
    "defaults": compiled(spec("conv2d c { filters 2 }", default))[1],
    "otherwise": otherwise(ConvSpec, "jitter", 2),
    "scope": sorted({"jitter", "factor"} & set(scope_keys("squeeze"))),
    "about": layer["description"],
    "jitter": definitions[properties["jitter"]["$ref"].split("/")[-1]],
    "rows": [row for row in rows if row.startswith(("| `squeeze", "| `jitter"))],
    "is a default in the tables": "`jitter 0.25`" in tables["layers"],
    "colours": {text: str(kind) for _, kind, text in tokens},
    "is in the editors": "jitter" in str(rules()),
}, indent=2))
"""


def insert(path: Path, text: str, before: str = "", after: str = "") -> None:
    whole, place = path.read_text(encoding="utf-8"), after + before
    assert whole.count(place) == 1
    path.write_text(whole.replace(place, after + text + before), encoding="utf-8")


@pytest.mark.slow
def test_all_that_is_made_of_the_table_has_a_new_entry(tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("snnc", "docs", "grammar"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    language = tmp_path / "snnc" / "language"
    insert(language / "properties.py", before="\n# Properties of enc", text=PROPERTY)
    insert(language / "layers.py", before="\n\nENCODE = ", text=ON_LAYERS)
    insert(language / "layers.py", before="LayerSpec = (", text=STATEMENT)
    insert(language / "layers.py", before="    | JoinSpec", text="    | SqueezeSpec\n")
    words = tmp_path / "snnc" / "vocabulary" / "words.ini"
    for section, line in WORDS.items():
        insert(words, after=f"{section}\n", text=f"{line}\n")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    done = run_python("-c", SCRIPT, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert_accepted(EXPECTED, done.stdout)

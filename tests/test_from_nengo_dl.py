"""`docs/from-nengo-dl.md` and `docs/example-3d.md` show what the commands print."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import converter
from benchmarks.forum import SMALL, SPEC, twin
from snnc.cli import snnc
from snnc.importer import spec
from snnc.importer.table import REFUSED
from snnc.loihi.plan import PlanCache
from tests.support import ROOT, codes

TEXT = "".join(
    (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    for name in ("from-nengo-dl", "example-3d")
)
FORUM = ROOT / "tests/importer/data/forum.json"
SHOWN = re.compile(
    r"^    snnc ((?:import|report) [^\n]*)\n\n```\n(.*?)^```$", re.M | re.S
)
BLOCKS = SHOWN.findall(TEXT)
PLANS = PlanCache()
"""Plans that the commands share, since they map the same large layers."""


def model() -> str:
    """Return the code that makes the model and writes its file."""
    return "".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))


def test_commands_are_found() -> None:
    assert len(BLOCKS) == 5


@pytest.mark.parametrize(
    ("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS]
)
def test_a_command_prints_what_is_shown(
    command: str, shown: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(FORUM, here)
    shutil.copytree(ROOT / "specs", here / "specs")
    monkeypatch.setattr(spec, "PlanCache", lambda: PLANS)
    result = CliRunner().invoke(snnc, command.split(), standalone_mode=False)
    assert result.exception is None
    rest = result.output
    for part in filter(None, re.split(r"^\.\.\.\n", shown, flags=re.M)):
        _, found, rest = rest.partition(part)
        assert found, f"not printed, or not in this order:\n{part}"


def test_the_spec_is_the_one_that_is_shipped() -> None:
    spec = SPEC.read_text(encoding="utf-8")
    assert f"```\n{spec}```" in TEXT


def test_its_twin_of_reduced_size_is_sound() -> None:
    text = SPEC.read_text(encoding="utf-8")
    # Its out-axons fit in any case: what the large one allows is not there.
    assert codes(twin(text, "small", SMALL)) == ["SNN140"]


@pytest.mark.slow
def test_the_model_is_the_one_that_is_imported(here: Path) -> None:
    import tensorflow as tf

    with tf.Graph().as_default():  # its 300 million weights are not made
        exec(model(), {})
    made = json.loads(Path(FORUM.name).read_text(encoding="utf-8"))
    assert made == json.loads(FORUM.read_text(encoding="utf-8"))


def test_the_table_has_the_layers_that_the_benchmark_tries() -> None:
    (table,) = converter.TABLE.findall(TEXT)
    _, _, *lines = table.strip().split("\n")
    assert [line[2:].split(" | ")[0] for line in lines] == list(converter.ROWS)


def test_all_that_an_import_refuses_is_listed() -> None:
    page = (ROOT / "docs/from-keras.md").read_text(encoding="utf-8")
    assert {kind for kind in REFUSED if f"`{kind}`" not in page} == set()

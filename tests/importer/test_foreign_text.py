"""Names of a model reach people as one line, whatever they hold."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from snnc.cli import snnc
from tests.importer.configs import CONV, ended, layer

HOSTILE = "a\n::error::b\u202e\u2028\x1b[2J##[error]`<img src=x>|c"


def model(kind: str = "Conv2D", **options: object) -> dict[str, object]:
    first = layer("Conv2D", HOSTILE, "image", **CONV)
    found = ended(first, layer(kind, f"{HOSTILE}2", HOSTILE, **CONV | options))
    found["config"]["layers"][-1]["config"]["name"] = f"{HOSTILE}3"
    return found | {"keras_version": HOSTILE}


MODELS = {
    "sound": model(),
    "kind": model(HOSTILE),
    "option": model(activation=HOSTILE),
    "missing": model(kernel_size=HOSTILE),
}


@pytest.mark.parametrize("which", MODELS)
@pytest.mark.parametrize("form", ["", "text", "json"])
def test_names_command_nothing_in_any_format(
    which: str, form: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{HOSTILE.replace('/', '')}.json"
    path.write_text(json.dumps(MODELS[which]))
    options = ["--explain", "--format", form] if form else []
    done = CliRunner().invoke(snnc, ["import", str(path), *options])
    text = done.stdout + done.stderr
    assert done.exit_code in (0, 1)
    assert text.replace("\n", "").isprintable()
    assert "##[" not in text
    assert not any(line.strip().startswith("::") for line in text.splitlines())

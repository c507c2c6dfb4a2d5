"""``snnc convert`` without ``--to``, and over a file that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from snnc.cli.convert import convert_command
from tests.support import ROOT


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(convert_command, arguments, standalone_mode=False)
    return result.return_value, result.output


@pytest.mark.parametrize(
    ("spec", "begins"), [("drift.snn", "snn: 1\n"), ("drift.yaml", "snn 1\n")]
)
def test_the_notation_is_the_other_one(spec: str, begins: str) -> None:
    code, printed = run(str(ROOT / "specs" / spec))
    assert code == 0
    assert printed.startswith(begins)


def test_a_file_that_is_there_is_kept_without_force(tmp_path: Path) -> None:
    output = tmp_path / "drift.yaml"
    output.write_text("mine", encoding="utf-8")
    spec = str(ROOT / "specs" / "drift.snn")
    assert run(spec, "-o", str(output))[0] == 1
    assert output.read_text(encoding="utf-8") == "mine"
    assert run(spec, "-o", str(output), "--force")[0] == 0
    assert output.read_text(encoding="utf-8").startswith("snn: 1\n")


def test_a_comment_that_yaml_cant_hold_is_not_changed_but_told(tmp_path: Path) -> None:
    spec, output = tmp_path / "bell.snn", tmp_path / "bell.yaml"
    text = (ROOT / "specs" / "drift.snn").read_text(encoding="utf-8")
    spec.write_text(f"# a bell: \a\n{text}", encoding="utf-8")
    code, printed = run(str(spec), "-o", str(output))
    assert code == 1
    assert "SNN145" in printed
    assert "U+0007" in printed
    assert not output.exists()

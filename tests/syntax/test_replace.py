"""Files are replaced whole, or reported."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.syntax.files import replace_text


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    report = Diagnostics()
    assert not replace_text(tmp_path / "no" / "net.snn", "text", report)
    (diagnostic,) = report.diagnostics
    assert diagnostic.code == "SNN723"
    assert "no/net.snn" in diagnostic.render_message()


def test_nothing_is_left_beside_a_file(tmp_path: Path) -> None:
    path = tmp_path / "net.snn"
    path.write_text("old")
    assert replace_text(path, "new\n", Diagnostics())
    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]

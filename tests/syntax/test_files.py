"""Spec files from disk: what is read, and how each unreadable file is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.syntax.files import read


def code_of(path: Path) -> str:
    report = Diagnostics()
    assert read(path, report) is None
    (diagnostic,) = report.diagnostics
    assert f"--> {path.as_posix()}" in render(report.diagnostics)
    return diagnostic.code


def test_reads_text_with_one_kind_of_line_end(tmp_path: Path) -> None:
    path = tmp_path / "a.snn"
    path.write_bytes(b"\xef\xbb\xbfsnn 1\r\n\rnetwork \xc3\xa9\n")
    source = read(path, Diagnostics())
    assert source is not None
    assert source.text == "snn 1\n\nnetwork é\n"


def test_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert code_of(tmp_path / "a" / "b.snn") == "SNN700"


def test_path_that_no_system_takes() -> None:
    report = Diagnostics()
    assert read("a\0b", report) is None
    assert [d.code for d in report.diagnostics] == ["SNN705"]


def test_name_too_long_for_the_system(tmp_path: Path) -> None:
    assert code_of(tmp_path / ("a" * 5000)) == "SNN705"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_empty_file_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.snn"
    path.write_bytes(content)
    source = read(path, Diagnostics())
    assert source is not None
    assert source.text == ""

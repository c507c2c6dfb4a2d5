"""`snnc check` reports any file that is not a spec, at once."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.source import LARGEST
from snnc.syntax.files import read
from tests.commands import run, run_python, run_shell
from tests.support import ROOT

NOTATIONS = ("snn", "yaml")
GOOD = {
    end: (ROOT / "specs" / f"drift.{end}").read_text(encoding="utf-8")
    for end in NOTATIONS
}
SNN, YAML = GOOD["snn"], GOOD["yaml"]


def check(path: Path) -> tuple[list[str], str]:
    """Return the codes of the errors that `snnc check` finds, and all that it says."""
    done = run("check", path)
    codes = re.findall(r"(?m)^error\[(\w+)\]", done.stderr)
    assert done.returncode == bool(codes), done.stderr
    return codes, done.stderr


def pipe_behind_a_link(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


SPECIAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda path: None, "SNN700"),
    "a directory": (Path.mkdir, "SNN706"),
    "a pipe that nobody writes": (os.mkfifo, "SNN702"),
    "a pipe behind a link": (pipe_behind_a_link, "SNN702"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "SNN702"),
    "an endless file without a size": (
        lambda path: path.symlink_to("/proc/self/pagemap"),
        "SNN704",
    ),
    "a link to itself": (lambda path: path.symlink_to(path.name), "SNN705"),
    "a link to nothing": (lambda path: path.symlink_to("none"), "SNN700"),
}


@pytest.mark.parametrize("size", [10, LARGEST + 1])
def test_a_model_is_reported_with_the_command_that_converts_it(
    tmp_path: Path, size: int
) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(b"PK\xff" * size)
    codes, said = check(path)
    assert codes == ["SNN707"]
    assert f"snnc import {path.as_posix()} -o network.snn" in said


@pytest.mark.parametrize(
    ("name", "code"),
    [("file/b.snn", "SNN700"), ("a\0b.snn", "SNN705"), (f"{'a' * 5000}.snn", "SNN705")],
    ids=["below a file", "no system takes it", "too long"],
)
def test_a_path_that_cannot_be_is_reported(
    tmp_path: Path, name: str, code: str
) -> None:
    (tmp_path / "file").write_text("")
    report = Diagnostics()
    assert read(tmp_path / name, report) is None
    assert [diagnostic.code for diagnostic in report.diagnostics] == [code]


def test_a_file_without_leave_to_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.snn"
    path.write_text(SNN)

    def refuse(name: str, flags: int) -> int:
        if name == str(path):
            raise PermissionError(13, "Permission denied", name)
        return os.open(name, flags)

    monkeypatch.setattr("snnc.source._open_at_once", refuse)
    codes, said = check(path)
    assert codes == ["SNN705"]
    assert "Permission denied" in said


def test_a_pipe_that_takes_the_files_place_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.snn"
    path.write_text(SNN)
    regular = path.stat()
    path.unlink()
    os.mkfifo(path)
    real = Path.stat

    def stat(self: Path, **options: bool) -> os.stat_result:
        return regular if self == path else real(self, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert check(path)[0] == ["SNN119"]


def deep(opener: str, head: str = "") -> bytes:
    return (head + opener * 10_000).encode()


HEAD = "snn 1\nnetwork net {\n"
YAML_HEAD = "snn: 1\nnetwork: net\n"
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)
)
DIGITS = "9" * 5000
ABOUT = "Eight directions of a drifting handwritten digit."
FAR = "2000000000x2000000000x2000000000"


def snn(old: str, new: str) -> bytes:
    return SNN.replace(old, new).encode()


def yaml(old: str, new: str) -> bytes:
    return YAML.replace(old, new).encode()


CONTENTS: dict[str, tuple[str, bytes, str]] = {
    "snn, empty": ("snn", b"", "SNN119"),
    "yaml, empty": ("yaml", b"", "SNN119"),
    "snn, a byte order mark": ("snn", b"\xef\xbb\xbf", "SNN119"),
    "snn, UTF-16": ("snn", SNN.encode("utf-16"), "SNN703"),
    "yaml, UTF-16": ("yaml", YAML.encode("utf-16"), "SNN703"),
    "snn, UTF-16 without a mark": ("snn", SNN.encode("utf-16-le"), "SNN109"),
    "yaml, UTF-16 without a mark": ("yaml", YAML.encode("utf-16-le"), "SNN130"),
    "snn, NUL": ("snn", snn("filters", "fil\0ters"), "SNN101"),
    "yaml, NUL": ("yaml", yaml("filters", "fil\0ters"), "SNN130"),
    "yaml, too large": ("yaml", b"#" * 300 * 1024, "SNN704"),
    "snn, braces": ("snn", deep("{"), "SNN109"),
    "snn, nested braces": ("snn", deep("{", HEAD + "  dense a "), "SNN113"),
    "snn, nested lists": ("snn", deep("[", HEAD + "  dense a { units "), "SNN113"),
    "yaml, braces": ("yaml", deep("{"), "SNN113"),
    "yaml, lists": ("yaml", deep("[", YAML_HEAD + "layers: "), "SNN113"),
    "yaml, dashes": ("yaml", deep("- ", YAML_HEAD + "layers:\n  "), "SNN113"),
    "snn, digits": ("snn", snn("units 64", f"units {DIGITS}"), "SNN114"),
    "yaml, digits": ("yaml", yaml("units: 64", f"units: {DIGITS}"), "SNN139"),
    "snn, 2 to the 63": ("snn", snn("8x16x16x1", f"{FAR}x1"), "SNN306"),
    "yaml, 2 to the 63": ("yaml", yaml("8x16x16x1", f"{FAR}x1"), "SNN306"),
    "yaml, a bomb": ("yaml", (YAML_HEAD + BOMB).encode(), "SNN131"),
    "yaml, half a character": ("yaml", yaml(ABOUT, r'"\ud800"'), "SNN130"),
}


def write(folder: Path, name: str) -> tuple[Path, str]:
    """Make what is no spec; return its path and the code of its problem."""
    end, data, code = CONTENTS.get(name, ("snn", b"", ""))
    path = folder / f"net.{end}"
    if name not in SPECIAL:
        path.write_bytes(data)
        return path, code
    make, code = SPECIAL[name]
    make(path)
    return path, code


@pytest.mark.parametrize("name", [*SPECIAL, *CONTENTS])
def test_what_is_no_spec_is_reported(tmp_path: Path, name: str) -> None:
    path, code = write(tmp_path, name)
    codes, said = check(path)
    assert code in codes if name in CONTENTS else codes == [code]
    assert f"--> {path.as_posix()}" in said


def test_the_byte_that_is_no_text_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "net.snn"
    path.write_bytes(b"snn 1\r\n# \xc3\xa9 \xe2\x28\xa1\n")
    codes, said = check(path)
    assert codes == ["SNN703"]
    assert f"--> {path.as_posix()}:2:5" in said
    assert "the byte 0xe2 is at offset 12" in said


SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "lone CR": lambda text: text.replace("\n", "\r").encode(),
    "all at once": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "no end of the last line": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("end", NOTATIONS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_editors_write_is_fine(tmp_path: Path, spelling: str, end: str) -> None:
    path = tmp_path / f"net.{end}"
    path.write_bytes(SPELLINGS[spelling](GOOD[end]))
    assert check(path)[0] == []


def test_tabs_are_blanks_and_yaml_says_what_it_thinks_of_them(tmp_path: Path) -> None:
    snn, yaml = tmp_path / "net.snn", tmp_path / "net.yaml"
    snn.write_text(SNN.replace("  ", "\t"))
    yaml.write_text(YAML.replace("  - ", "\t- "))
    assert check(snn)[0] == []
    assert check(yaml)[0] == ["SNN130"]


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.snn"
    data = SNN.encode()
    path.write_bytes(data + b"#" * (LARGEST - len(data)))
    assert check(path)[0] == []
    path.write_bytes(path.read_bytes() + b"#")
    assert check(path)[0] == ["SNN704"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["snn, nested braces", "yaml, a bomb", "an endless file without a size"]
)
def test_a_gibibyte_is_enough(tmp_path: Path, name: str) -> None:
    path, code = write(tmp_path, name)
    done = run_shell(f"ulimit -v {1 << 20}\nsnnc check {path}")
    assert done.returncode == 1, done.stderr
    assert f"error[{code}]" in done.stderr


@pytest.mark.slow
def test_bytes_that_are_no_text_in_a_path(tmp_path: Path) -> None:
    path, output = tmp_path / os.fsdecode(b"\xff.snn"), tmp_path / os.fsdecode(b"\xfe")
    path.write_text(SNN, encoding="utf-8")
    command = "-m", "snnc", "build", path, "-o", output
    done = run_python(*command, cwd=ROOT, PYTHONIOENCODING="utf-8:strict")
    assert done.returncode == 0, done.stderr
    header = (output / "drift" / "train.py").read_text(encoding="utf-8")
    assert r"\udcff.snn" in header

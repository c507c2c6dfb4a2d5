"""Numbers keep their value if other code trains the same weights."""

from pathlib import Path

from benchmarks import record
from benchmarks.same_training import differing_weights


def test_weights_differ_if_a_byte_or_a_file_does(tmp_path: Path) -> None:
    old = tmp_path / "old"
    new = tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "same.safetensors").write_bytes(b"1")
        (folder / "changed.safetensors").write_bytes(folder.name.encode())
        (folder / "code").write_text(folder.name, encoding="utf-8")
    (old / "lost.safetensors").write_bytes(b"1")
    found = differing_weights(old, new)
    assert found == ["changed.safetensors", "lost.safetensors"]


def test_only_rows_of_one_code_get_another(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    codes = ("first", "second", "first", "")
    rows = [
        record.Row(f"command {number}", "abc", 0, 10, "accuracy", 90.5, "%", code=code)
        for number, code in enumerate(codes)
    ]
    record.write(rows, path)
    assert record.rename_code("first", "third", path) == 2
    renamed = record.read(path)
    assert [row.code for row in renamed] == ["third", "second", "third", ""]
    assert [row.command for row in renamed] == [row.command for row in rows]
    assert record.rename_code("third", "fourth", path, {"command 2"}) == 1
    assert record.read(path)[2].code == "fourth"


def test_the_code_of_the_neurons_trains() -> None:
    assert all((record.ROOT / place).exists() for place in record.TRAINING)
    assert "snnc/runtime/neurons.py" in record.TRAINING

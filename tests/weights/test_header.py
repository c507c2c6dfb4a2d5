"""Reading the header of a safetensors file, sound or not."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.rules.weights import NotSafetensors
from snnc.weight_files.header import TYPES, WeightsHeader, read_header
from snnc.weight_files.values import read_values, spread
from tests.weights.files import Bomb

WEIGHTS = {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.ones(4, "i8")}
SOUND = save(WEIGHTS, {"layout_id": "x"})


def file_bytes(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def one(dtype: str, shape: object, start: object, stop: object) -> bytes:
    entry = {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}
    return file_bytes({"w": entry}, bytes(8))


BAD = {
    "empty": (b"", "it is empty"),
    "short": (SOUND[:5], "it is something else, or truncated"),
    "header": (SOUND[:40], "it is truncated in its header, after 40 bytes"),
    "data": (SOUND[:-1], f"it is truncated: {len(SOUND) - 1} bytes of {len(SOUND)}"),
    "more": (SOUND + b"..", "2 of its bytes belong to no tensor"),
    "pickle": (pickle.dumps(Bomb()), "it is a pickle, which snnc never opens"),
    "zip": (b"PK\x03\x04" + bytes(20), "it is a zip archive, such as .npz, .keras"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(20), "it is HDF5, such as .h5"),
    "long": (b"\xff" * 7 + b"\x00{", "its header is 72057594037927935 bytes long"),
    "json": (file_bytes(b"{]"), "its header is not JSON"),
    "twice": (file_bytes(b'{"a": 1, "a": 2}'), "its header has a name twice"),
    "metadata": (
        file_bytes({"__metadata__": 3}),
        "its metadata is not a table of texts",
    ),
    "dtype": (one("F3", [2], 0, 8), "its header does not describe w"),
    "shape": (one("F32", [-2], 0, 8), "its header does not describe w"),
    "offsets": (one("F32", [2], 0, None), "its header does not describe w"),
    "size": (one("F32", [3], 0, 8), "w has 8 bytes, not 12"),
    "gap": (one("F32", [1], 4, 8), "the bytes of w do not follow the previous tensor"),
}


def refusal(path: Path) -> Diagnostic:
    report = Diagnostics()
    assert read_header(path, report) is None
    (found,) = report.diagnostics
    return found


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    data, reason = BAD[name]
    (tmp_path / "w").write_bytes(data)
    found = refusal(tmp_path / "w")
    assert isinstance(found, NotSafetensors)
    assert reason in found.message


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    folder, missing = refusal(tmp_path), refusal(tmp_path / "none")
    assert folder.message.endswith("it is a folder")
    assert missing.message.startswith("there is no file")


def read_sound(folder: Path, data: bytes) -> WeightsHeader:
    (folder / "w").write_bytes(data)
    header = read_header(folder / "w", Diagnostics())
    assert header is not None
    return header


def test_a_sound_file_is_read_as_the_library_reads_it(tmp_path: Path) -> None:
    header = read_sound(tmp_path, SOUND)
    assert header.layout_id == "x"
    values = read_values(header)
    assert values.keys() == WEIGHTS.keys()
    for name, expected in WEIGHTS.items():
        np.testing.assert_array_equal(values[name], expected)
        assert header.tensors[name].dtype == expected.dtype.name


@pytest.mark.parametrize("dtype", sorted(set(TYPES.values()) - {"bfloat16"}))
def test_every_type_is_read(dtype: str, tmp_path: Path) -> None:
    expected = np.array([[0, 1], [1, 0]], dtype)
    header = read_sound(tmp_path, save({"w": expected}))
    np.testing.assert_array_equal(read_values(header)["w"], expected)


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    upper = (np.array([1.5, -2.0], "<f4").view("<u4") >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}
    header = read_sound(tmp_path, file_bytes({"w": entry}, upper))
    np.testing.assert_array_equal(read_values(header)["w"], [1.5, -2.0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 3, np.nan, np.inf, -np.inf], (1, 3, 2, 1, 1, 2)),
        ([], (None, None, None, None, 0, 0)),
    ],
)
def test_a_spread_counts_what_is_not_finite_apart(
    values: list[float], expected: tuple[Any, ...]
) -> None:
    found = spread(np.array(values, "f4"))
    numbers = found.min, found.max, found.mean, found.std
    assert (*numbers, found.nan, found.infinite) == expected

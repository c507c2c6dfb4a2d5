"""Keras models as files of strangers: JSON, HDF5 and archives, damaged with care."""

import copy
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import h5py
from hypothesis import strategies as st

from snnc.importer.files import CONFIG, METADATA, VARIABLES
from tests.fuzz.harness import seeds
from tests.fuzz.mutate import mutated_bytes, mutated_text
from tests.importer.configs import small
from tests.support import ROOT

DATA = ROOT / "tests/importer/data"
HDF5 = [path.read_bytes() for path in sorted(DATA.glob("*.h5"))]
ARCHIVES = [path.read_bytes() for path in sorted(DATA.glob("*.keras"))]

_MOST_EDITS = 4
_ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e-300, 1e300, 2**31, 2**63, 10**40,
    float("nan"), float("inf"), "", "relu", "same", "channels_first", "a/b", "..",
    "\x1b", "\u202e", "x" * 300, "Dense", "Lambda", [], {}, [[]], [0], [None], [2, 2],
    [1, 1, 1], [10**6, 10**6], {"class_name": "ReLU", "config": {}},
    {"class_name": "__numpy__"},
    {"class_name": "__tensor__", "config": {"value": 1, "dtype": "float32"}},
    {"class_name": "__numpy__", "config": {"value": [[1], 2], "dtype": "x"}},
]  # fmt: skip


def _members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


MEMBERS = [_members(archive) for archive in ARCHIVES]
CONFIGS: list[Any] = [
    small(),
    *(json.loads(path.read_text()) for path in seeds("import")),
    *(json.loads(members[CONFIG]) for members in MEMBERS),
]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container and key within a document."""
    keys = range(len(value)) if isinstance(value, list) else list(value)
    for key in keys:
        yield value, key
        if isinstance(value[key], list | dict):
            yield from _places(value[key])


@st.composite
def configs(draw: st.DrawFn) -> Any:
    """Draw a model's configuration with up to four values changed or removed."""
    found = copy.deepcopy(draw(st.sampled_from(CONFIGS)))
    for _ in range(draw(st.integers(0, _MOST_EDITS))):
        places = list(_places(found))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        other, at = draw(st.sampled_from(places))
        kind = draw(
            st.sampled_from(["odd", "odd", "moved", "swapped", "gone", "twice"])
        )
        if kind == "odd":
            container[key] = copy.deepcopy(draw(st.sampled_from(_ODD)))
        elif kind == "moved":
            container[key] = copy.deepcopy(other[at])
        elif kind == "swapped":
            one, two = copy.deepcopy(container[key]), copy.deepcopy(other[at])
            container[key], other[at] = two, one
        elif kind == "gone":
            del container[key]
        elif isinstance(container, list):
            container.insert(key, copy.deepcopy(container[key]))
        else:
            container[draw(st.text(max_size=4))] = container[key]
    return found


def texts() -> st.SearchStrategy[bytes]:
    """Files of JSON, whole and cut."""
    words = st.sampled_from(
        ['"', "null", "[", "{}", "1e999", "9" * 400, "NaN", "\\ud800"]
    )
    whole = configs().map(json.dumps)
    cut = mutated_text([json.dumps(config) for config in CONFIGS], words)
    return st.one_of(whole, whole, cut).map(
        lambda text: text.encode("utf-8", "replace")
    )


@st.composite
def hdf5(draw: st.DrawFn) -> bytes:
    """Files of HDF5 with another configuration, damaged bytes, or both."""
    file = io.BytesIO(draw(st.sampled_from(HDF5)))
    if draw(st.booleans()):
        with h5py.File(file, "r+") as opened:
            opened.attrs["model_config"] = json.dumps(draw(configs()))
    return draw(mutated_bytes([file.getvalue()]))


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Damaged archives, and sound ones of damaged members."""
    if draw(st.booleans()):
        return draw(mutated_bytes(ARCHIVES))
    members = dict(draw(st.sampled_from(MEMBERS)))
    if draw(st.booleans()):
        members[CONFIG] = json.dumps(draw(configs())).encode()
    name = draw(st.sampled_from([CONFIG, METADATA, VARIABLES]))
    members[name] = draw(mutated_bytes([members[name]]))
    file = io.BytesIO()
    with zipfile.ZipFile(
        file, "w", draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    ) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return file.getvalue()

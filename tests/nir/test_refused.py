"""Invalid graphs, and graphs that the chip can't run: each error names its node."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from snnc.cli import main
from snnc.importer.refusals import RefusedModelError
from snnc.nir.graph_file import read_graph
from snnc.nir.translate import translate
from tests.nir.graphs import affine, chain, conv, fires, flat, full, leaks
from tests.rules.checking import assert_accepted

HERE = Path(__file__).parent
Change = Callable[[h5py.File], None]


def sound() -> nir.NIRGraph:
    """Return two layers of neurons and a readout."""
    nodes = conv(3, 1), fires(3, 4, 4), flat(3, 4, 4), affine(5, 48), fires(5)
    return chain((1, 6, 6), 2, *nodes, affine(2, 5))


def put(name: str, value: object, **told: object) -> Change:
    """Replace a dataset, or a group by one."""

    def change(file: h5py.File) -> None:
        if name in file:
            del file[name]
        file.create_dataset(name, data=value, **told)

    return change


def cut(name: str) -> Change:
    return lambda file: file.__delitem__(name)


def edges(*pairs: tuple[str, str]) -> Change:
    return put("node/edges", np.array(pairs, "S9"))


N = "node/nodes"
PATH = [("input", "n0"), *((f"n{i}", f"n{i + 1}") for i in range(5)), ("n5", "output")]


def vast(file: h5py.File) -> None:
    del file[f"{N}/n3/weight"]
    file.create_dataset(f"{N}/n3/weight", (5, 10**9), "f4", chunks=(1, 2**20))


def second_input(file: h5py.File) -> None:
    file.copy(f"{N}/input", f"{N}/other")
    edges(*PATH, ("other", "n0"))(file)


def elsewhere(file: h5py.File) -> None:
    del file[f"{N}/n3/weight"]
    file[f"{N}/n3/weight"] = h5py.ExternalLink("/etc/passwd", "x")


CHANGES: dict[str, Change] = {
    "a cycle": edges(*PATH, ("n4", "n3")),
    "a graph in the graph": put(f"{N}/n4/type", "NIRGraph"),
    "a kind of tomorrow": put(f"{N}/n1/type", "ResonateAndFire"),
    "a delay": put(f"{N}/n1/type", "Delay"),
    "an edge to nowhere": edges(*PATH, ("n4", "gone")),
    "edges of three": put("node/edges", np.zeros((2, 3), "S1")),
    "no edges": put("node/edges", np.zeros((0, 2), "S1")),
    "two inputs": second_input,
    "no output": put(f"{N}/output/type", "Input"),
    "a weight of a wrong rank": put(f"{N}/n0/weight", np.ones((3, 9), "f4")),
    "a weight of other channels": put(f"{N}/n0/weight", np.ones((3, 2, 3, 3), "f4")),
    "a matrix for others": put(f"{N}/n3/weight", np.ones((5, 47), "f4")),
    "a bias too short": put(f"{N}/n3/bias", np.ones(4, "f4")),
    "a weight that is text": put(f"{N}/n3/weight", "many"),
    "no weight": cut(f"{N}/n3/weight"),
    "NaN": put(f"{N}/n3/weight", np.full((5, 48), np.nan)),
    "a threshold of infinity": put(f"{N}/n1/v_threshold", np.inf),
    "a threshold below its reset": put(f"{N}/n1/v_threshold", -1.0),
    "thresholds neuron by neuron": put(
        f"{N}/n1/v_threshold", np.linspace(1, 2, 48).reshape(3, 4, 4)
    ),
    "neurons of another shape": put(f"{N}/n1/v_threshold", full((3, 5, 4), 1)),
    "an input of 10^9": put(f"{N}/input/shape", np.array([10, 10**4, 10**4])),
    "an input of 10^27": put(f"{N}/input/shape", np.array([10**9] * 3)),
    "an input of nothing": put(f"{N}/input/shape", np.array([1, 0, 6])),
    "an input of five axes": put(f"{N}/input/shape", np.ones(5, int)),
    "a weight of 10^9": vast,
    "padding of 10^9": put(f"{N}/n0/padding", np.array([10**9, 10**9])),
    "a stride of 0": put(f"{N}/n0/stride", np.array([0, 1])),
    "a stride of half": put(f"{N}/n0/stride", np.array([0.5, 1])),
    "padding by an unknown word": put(f"{N}/n0/padding", "reflect"),
    "groups that do not fit": put(f"{N}/n0/groups", 2),
    "a link to another file": elsewhere,
    "a newer version": put("version", "2.0.1"),
    "no version": cut("version"),
    "no nodes": cut("node/nodes"),
    "a flatten of some axes": put(f"{N}/n2/start_dim", 2),
    "neurons alone": put(f"{N}/n0/type", "Input"),
}


def refusal(path: Path) -> str:
    """Return what is said of a file, in this process."""
    with pytest.raises(RefusedModelError) as error:
        translate(read_graph(path, path.name), path.stem)
    found = error.value.diagnostic
    return f"{found.code}: {found.message}\n  {found.help}\n"


def test_each_is_refused_by_name(tmp_path: Path) -> None:
    nir.write(tmp_path / "sound.nir", sound())
    told = []
    path = tmp_path / "g.nir"
    for name, change in CHANGES.items():
        path.write_bytes((tmp_path / "sound.nir").read_bytes())
        with h5py.File(path, "r+") as file:
            change(file)
        told.append(f"== {name}\n{refusal(path)}")
    path.write_bytes(b"PK\x03\x04 an archive")
    told.append(f"== no HDF5\n{refusal(path)}")
    path.write_bytes((tmp_path / "sound.nir").read_bytes()[:3000])
    assert "SNN801" in refusal(path)  # the rest is in the words of HDF5
    assert_accepted(HERE / "expected" / "refused.txt", "\n".join(told))


@pytest.fixture
def folder(here: Path) -> Path:
    """Return a current directory with ``g.nir``, a sound graph."""
    nir.write("g.nir", sound())
    return here


IMPORT = ["import", "g.nir", "-o", "g.snn", "--weights-out", "w.safetensors"]


@pytest.mark.parametrize("name", ["NaN", "a weight of 10^9", "a link to another file"])
def test_a_refused_file_leaves_nothing_behind(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "g.nir"]) == 0
    with h5py.File("g.nir", "r+") as file:
        CHANGES[name](file)
    capsys.readouterr()
    assert main(IMPORT) == 1
    assert [path.name for path in folder.iterdir()] == ["g.nir"]
    out, err = capsys.readouterr()
    assert (out, err.count("error[")) == ("", 1)


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "nowhere.nir"]) == 1
    assert "there is no file `nowhere.nir`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tau", "said"), [(1e-5, "0.01 ms is not between one step"), (9.0, "")]
)
def test_time_constants_are_those_of_a_chip(
    tau: float, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = affine(3, 4), leaks(3, tau=tau, r=1), affine(2, 3)
    nir.write("g.nir", chain((4,), 2, *nodes))
    assert main(["import", "g.nir"]) == bool(said)
    out, err = capsys.readouterr()
    assert said in err
    assert "neuron" not in out  # no leak that Loihi could follow


def test_a_file_of_another_format_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["export", "net", "--weights", "w", "-o", "net.onnx"]) == 2
    assert "the output is NIR: use -o net.nir" in capsys.readouterr().err

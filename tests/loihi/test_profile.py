"""Devices as data: another file of limits is another device, without any code."""

import dataclasses
import json
import re
import sys
from pathlib import Path

import pytest

from snnc.loihi import profile
from snnc.loihi.profile import ProfileError, read_profile
from tests.commands import run
from tests.support import ROOT, codes, sound

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHIPPED = Path(profile.__file__).with_name("loihi1.toml").read_text(encoding="utf-8")
DRIFT = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
SMALL = (
    SHIPPED.replace("Loihi 1", "Small")
    .replace("compartments = 1024", "compartments = 256")
    .replace("cores = 128", "cores = 20")
)


def device(folder: Path, text: str = SMALL) -> str:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_mapping_keeps_the_limits_of_the_device(tmp_path: Path) -> None:
    small = read_profile(device(tmp_path))
    mapped = sound(DRIFT, "place", small)
    assert mapped.lowered.network.target.cores == 20
    blocks = [b for p in mapped.populations for e in p.ensembles for b in e.blocks]
    assert max(block.compartments for block in blocks) <= small.core.compartments
    assert (mapped.cores, sound(DRIFT, "place").cores) == (13, 5)


def test_what_is_too_large_for_the_device_alone_is_refused(tmp_path: Path) -> None:
    least = read_profile(device(tmp_path, SMALL.replace("cores = 20", "cores = 8")))
    assert codes(DRIFT, least) == ["SNN406"]
    assert codes(DRIFT) == []


def test_what_ships_is_what_its_types_say() -> None:
    """Nothing checks it when it is read; what is wrong with it is seen here."""
    for path in Path(profile.__file__).parent.glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        checked, trusted = profile.validate_profile(data), profile.build_profile(data)
        assert dataclasses.asdict(checked) == dataclasses.asdict(trusted)
        assert repr(checked) == repr(trusted)
        assert repr(read_profile(path.stem)) == repr(checked)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("compartments = 1024", "", "[core] has no `compartments`"),
        ("cores = 128", "cores = 128\nneurons = 1", "[chip] has `neurons`, which snnc"),
        ("[core]", "[zoo]\nx = 1\n[core]", "the file has `zoo`, which snnc"),
        ("compartments = 1024", "compartments = 0", "`compartments` is 0, not above 0"),
        ("chunk = 64", "chunk = 0", "`chunk` is 0, not above 0"),
        ("cores = 128", "cores = 1.5", "`cores` is 1.5, not a whole number"),
        ("cores = 128", 'cores = "many"', "`cores` is 'many'"),
        ("cores = 128", "cores = -1", "`cores` is -1"),
        ("cores = 128", "cores = true", "`cores` is True"),
        ("index_bits = [0,", 'index_bits = ["0",', "`index_bits`"),
        ("[chip]", "[chips]", "has no [chip]"),
        ("[chip]", "[chip", "is not valid TOML"),
        ("cores = 128", "cores = inf", "`cores` is inf, not a whole number"),
        ("spike = 1.7", "spike = inf", "not from 0 to 1e+09"),
        ("spike = 1.7", "spike = nan", "not from 0 to 1e+09"),
        ("spike = 1.7", "spike = 1e300", "`spike` is 1e+300, not from 0 to 1e+09"),
        ("cores = 128", f"cores = 1{'0' * 400}", "`cores` is 1000"),
        ("cores = 128", f"cores = 1{'0' * 9000}", "is not valid TOML"),
        ("cores = 128", f"cores = {'[' * 9000}", "is not valid TOML"),
        ("cores = 128", "cores = \u0661\u0662", "is not valid TOML"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    with pytest.raises(ProfileError, match=r"small\.toml") as error:
        read_profile(device(tmp_path, SHIPPED.replace(old, new, 1)))
    assert reason in str(error.value)


def test_any_name_but_those_of_snnc_is_a_file(here: Path) -> None:
    Path("half").write_text(SMALL, encoding="utf-8")
    Path("loihi1").write_text("not this one", encoding="utf-8")
    assert "Small" in run("--device", "half", "limits").stdout
    assert run("--device", "loihi1", "limits").returncode == 0
    Path("pyproject.toml").touch()
    Path("specs").mkdir()
    Path("specs/drift.snn").write_text(DRIFT, encoding="utf-8")
    assert run("--device", "half", "build", "specs/drift.snn").returncode == 0
    header = Path("models/drift/train.py").read_text(encoding="utf-8")
    assert "snnc --device half build specs/drift.snn" in header


def test_the_largest_energies_are_numbers(tmp_path: Path) -> None:
    largest = re.sub(r"= \d+\.\d$", "= 1_000_000_000", SHIPPED, flags=re.MULTILINE)
    asked = "report", "--format", "json", ROOT / "specs/drift.snn"
    done = run("--device", device(tmp_path, largest), *asked)
    json.loads(done.stdout, parse_constant=pytest.fail)


def test_an_unknown_device_is_a_mistake_of_usage() -> None:
    done = run("--device", "loihi7", "limits")
    assert done.returncode == 2
    assert "snnc has loihi1" in done.stderr

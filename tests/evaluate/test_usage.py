"""What the verbs for packages refuse before they read weights or data."""

import re
from pathlib import Path

import pytest

from tests.commands import run
from tests.rules.checking import assert_accepted
from tests.support import ROOT, network

NET = "net --data d.npz --weights w"
ADAPT = f"evaluate {NET} --adapt a.npz"
DRIFT = "specs/drift.snn"
PLOT = f"plot {DRIFT} -o n.png"
SWEEP = f"sweep {DRIFT} --set c0.filters=8"
COMMANDS = (
    f"evaluate {NET} --simulator keras --strict",
    f"evaluate {NET} --simulator keras --presentation row",
    f"evaluate {NET} --simulator nengo --steps 9",
    f"evaluate {NET} --workers 2 --dask tcp://h:1",
    f"evaluate {NET} --examples-out data.npz",
    f"evaluate {NET} --weights-out w",
    f"evaluate {NET} --min-accuracy 95",
    f"evaluate {NET} --min-accuracy 950",
    f"{ADAPT} --simulator keras",
    f"{ADAPT} --format html",
    f"{ADAPT} -o learned",
    f"{ADAPT} --compare b.npz",
    f"{ADAPT} --weights-out {DRIFT}",
    f"calibrate {NET} -o d.npz",
    f"calibrate {NET} -o {DRIFT}",
    f"predict {NET} -o out.txt",
    f"predict {NET} -o d.npz",
    f"predict {NET} --over-time",
    f"plot {DRIFT} -o net.txt",
    f"plot {DRIFT} -o no/n.png",
    "plot none.snn -o n.png",
    f"{PLOT} --kind rates",
    f"{PLOT} --data d.npz",
    f"{PLOT} --example 3",
    f"{PLOT} --simulator exact",
    f"plot {NET} -o n.png --kind rates --example 2",
    f"report {DRIFT} --picture r.gif",
    f"{SWEEP} --train",
    f"{SWEEP} --data d.npz",
    f"{SWEEP} --data d.npz --weights w --test t.npz",
    f"{SWEEP} --data d.npz --train --picture p.gif",
    f"{SWEEP} --set c0.filters",
    f"{SWEEP} --data /no.npz --train -o OUT",
)


def test_messages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    told = []
    for command in COMMANDS:
        done = run(*command.replace("OUT", str(tmp_path)).split())
        assert done.stdout == ""
        error = done.stderr[done.stderr.lower().index("error") :].strip()
        told.append(f"$ snnc {command}\nexit {done.returncode}: {error}\n")
    assert_accepted(Path(__file__).with_name("usage.txt"), "\n".join(told))


def test_a_package_that_is_older_than_its_spec_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = Path("net.snn")
    first = "input values 6 in 0..1\nencode rate\ndense d { units 4 }"
    text = network(f"{first}\nreadout y {{ units 2 }}", "net")
    spec.write_text(text, encoding="utf-8")
    assert run("build", "net.snn", "-o", "models").returncode == 0
    evaluate = "evaluate", "models/net", "--data", "d.npz", "--weights", "w"
    assert "warning" not in run(*evaluate).stderr
    spec.write_text(f"{text}\n# a comment", encoding="utf-8")
    assert "warning" not in run(*evaluate).stderr
    spec.write_text(text.replace("units 2", "units 3"), encoding="utf-8")
    command = "`snnc build net.snn -o models`"
    told = f"warning: the spec has changed since the last build: {command}\n"
    assert told in run(*evaluate).stderr
    lock = Path("models/net/snnc.lock")
    older = re.sub('"format": .*,', '"format": 1,', lock.read_text())
    lock.write_text(older)
    assert "the spec has changed" not in run(*evaluate).stderr

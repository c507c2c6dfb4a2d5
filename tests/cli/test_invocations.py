"""Every option of every verb is typed at least once, and does what its help says."""

import importlib
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from snnc import source
from snnc.cli import VERBS, command_of, snnc
from snnc.interface.demo import drifting_digits
from tests.commands import run
from tests.support import ROOT
from tests.weights.files import SMALL, save, weights_of

pytestmark = pytest.mark.usefixtures("repo")
MODEL = ROOT / "tests/importer/data/k3_chain.h5"
WORKFLOW = "asked/.github/workflows/snnc.yml"
MISSPELT, LOOSE, BUDGET = "misspelt.snn", "loose.snn", "changed.snn"


def silent(out: str, err: str) -> bool:
    """Whether nothing is printed."""
    return not out and not err


def prints(*words: str) -> Callable[[str, str], bool]:
    return lambda out, err: all(word in out for word in words)


def says(*words: str) -> Callable[[str, str], bool]:
    return lambda out, err: all(word in err for word in words)


def writes(path: str, word: str = "") -> Callable[[str, str], bool]:
    return lambda out, err: word in Path(path).read_bytes().decode("latin-1")


Case = tuple[str, int, Callable[[str, str], bool]]
"""A command, its exit status, and a check of stdout, stderr and files."""

TRAIN = "train models/small --data data.npz --weights-out"
EVALUATE = "evaluate models/small --data data.npz --weights small.safetensors"
EXPORT = "export small.snn --weights small.safetensors"
QUICK: list[Case] = [
    ("--version", 0, prints("snnc, version")),
    ("--help", 0, prints("Usage: snnc", "Train and run it")),
    ("-q check small.snn", 0, silent),
    ("import model.keras net.snn", 2, says("argument (net.snn): `-o FILE`")),
    ("explain SNN301 SNN302", 2, says("extra argument (SNN302)\n")),
    ("check small.snn --quiet", 0, silent),
    ("-v build small.snn", 0, prints("models/small/train.py")),
    ("--verbose limits", 0, prints("1024")),
    ("report small.snn --device half.toml", 0, prints("small")),
    ("report small.snn --device=half.toml", 0, prints("small")),
    ("completion bash", 0, prints("_snnc_completion")),
    ("--device half.toml report small.snn", 0, prints("small")),
    ("build small.snn -o there", 0, writes("there/small/layout.py", "LAYOUT")),
    ("build small.snn --check", 1, says("SNN726")),
    ("build small.snn --check --format json", 1, prints('"code": "SNN726"')),
    ("build small.snn --check --verbose", 1, prints("add models/small/train.py")),
    ("build small.snn --tracked", 1, says("SNN738", "git says")),
    ("build none --allow-empty", 0, silent),
    ("check --allow-empty", 0, silent),
    ("fmt none --allow-empty", 0, silent),
    ("build small.snn --dry-run", 0, prints("write models/small/train.py")),
    ("build small.snn --force", 0, writes("models/small/train.py")),
    ("build small.snn --watch -v", 130, prints("models/small/train.py")),
    ("check misspelt.snn --format github", 1, prints("::error file=misspelt.snn")),
    ("check misspelt.snn --format sarif", 1, prints('"ruleId"')),
    ("check misspelt.snn --fix", 0, writes(MISSPELT, "filters 3")),
    ("check newer.snn --fix --unsafe-fixes", 1, writes("newer.snn", "snn 3")),
    ("check newer.snn --fix", 1, writes("newer.snn", "snn 3")),
    ("check newer.snn --unsafe-fixes", 2, says("--unsafe-fixes needs --fix")),
    ("check - --stdin-filename unsaved.snn", 1, says(" --> unsaved.snn")),
    ("convert small.snn --to snn", 0, prints("snn 1")),
    ("convert small.snn --edition 2", 0, prints("snn 2", "present 100 ms")),
    ("convert small.snn --modeline s.json", 0, prints("$schema=s.json")),
    ("convert small.snn --schema s.json", 0, prints("$schema=s.json")),
    ("convert loose.yaml --to snn", 1, lambda out, err: "SNN1" in err and not out),
    ("convert small.snn -o loose.yaml", 1, writes("loose.yaml", "mine")),
    ("convert small.snn -o loose.yaml --force", 0, writes("loose.yaml", "snn: 1")),
    ("diff small.snn changed.snn", 0, prints("filters 3 -> 4")),
    ("diff small.snn changed.snn --format markdown", 0, prints("**", "filters")),
    ("diff small.snn changed.snn --exit-code", 1, prints("filters")),
    ("diff small.snn misspelt.snn --exit-code", 2, says("SNN2")),
    ("export small.snn --weights none -o n.nir", 1, says("none: No such file")),
    (f"{EXPORT} --to nir -o new.nir", 0, writes("new.nir", "a_neurons")),
    (f"{EXPORT} -o new.nir", 0, writes("new.nir.txt", "a spike has the value 1")),
    (f"{EXPORT} --format json -o new.nir", 0, prints('"file": "new.nir"')),
    (f"{EXPORT} --neuron cubalif -o new.nir", 0, writes("new.nir.txt", "CubaLIF")),
    ("fit small.snn --cores 2 --all", 0, prints("small")),
    ("fit small.snn --cores 2 --format markdown", 0, prints("| change |")),
    ("fmt loose.snn --check", 1, says("loose.snn")),
    ("fmt loose.snn --diff", 0, prints("+++")),
    ("fmt - --stdin-filename unsaved.snn", 1, says(" --> unsaved.snn")),
    (f"import {MODEL} -o new.snn", 0, writes("new.snn", "snn 2")),
    (f"import {MODEL} -o small.snn --force", 0, writes("small.snn", "conv2d_0")),
    (
        f"import {MODEL} --name other --encode rate --input-range -1..1"
        " --input-shape 8x8x1 --chips 2 --readout units --rewrite maxpool=avgpool",
        0,
        prints("network other", "encode rate", "8x8x1 in -1..1", "chips 2", "units"),
    ),
    (f"import {MODEL} --weights-out n.safetensors", 0, writes("n.safetensors", "F32")),
    (f"import {MODEL} --weights none.h5", 1, says("none.h5")),
    (f"import {MODEL} --input-shape 9x9x1", 1, says("SNN835", "its shape is 8x8x1")),
    (f"import {MODEL} --explain", 0, prints("conv2d_0")),
    (f"import {MODEL} --explain --format json", 0, prints('"version": 1')),
    ("lsp --stdio --help", 0, prints("language server (LSP)")),
    ("plot small.snn -o p.svg --kind cores --dark", 0, writes("p.svg", "<svg")),
    ("report small.snn --picture p.svg", 0, writes("p.svg", "<svg")),
    ("report small.snn --format html --against changed.snn", 0, prints("<table")),
    (
        "sweep small.snn --set a.filters=2,3 -o there --workers 1 --format json",
        0,
        prints('"version": 1'),
    ),
    ("sweep small.snn --set a.filters=2,3 --format csv", 0, prints("a.filters,cores")),
    (
        "sweep small.snn --set a.filters=3 --train --test data.npz --epochs 1"
        " --phases smooth --seeds 2",
        2,
        says("need --data"),
    ),
    ("sweep small.snn --set a.filters=3 --dask x --workers 1", 2, says("a cluster")),
    ("sweep small.snn --set a.filters=2 --format markdown", 0, prints("| a.filters")),
    ("report small.snn --format markdown", 0, prints("| layer")),
    ("report - --stdin-filename unsaved.snn", 1, says(" --> unsaved.snn")),
    ("report . --packages models", 1, says("newer.snn")),
    ("status small.snn --packages models", 0, prints("small.snn", "not built")),
    ("status . --allow-empty --format json", 1, prints('"specs"')),
    ("report small.snn --why", 0, prints("the smallest possible number")),
    ("schema --modeline s.json", 0, prints("# yaml-language-server: $schema=s.json")),
    ("weights small.safetensors --format json", 0, prints('"version": 1')),
    (
        "weights small.safetensors --migrate small.snn changed.snn -o new.safetensors",
        0,
        writes("new.safetensors", "a.kernel"),
    ),
    (
        "weights small.safetensors --migrate small.snn small.snn"
        " -o small.safetensors --force",
        0,
        writes("small.safetensors", "a.kernel"),
    ),
    ("train small.snn --data data.npz --weights w", 2, says("`--weights-out w`")),
    ("train small.snn --data w --weights-out w", 2, says("would replace the data")),
    (f"{TRAIN} small.safetensors", 1, says("`--force` replaces it")),
    (f"{TRAIN} w --groups a --validation b", 2, says("leave --validation out")),
    (f"{EVALUATE} --dask x --workers 2", 2, says("a cluster has its own workers")),
    ("explain snn301", 0, prints("# SNN301: ", "error[SNN301]")),
    ("build", 2, says("Missing argument 'SPECS...'")),
    ("build a --check --dry-run", 2, says("choose one of --check and --dry-run")),
    ("build a --watch --check", 2, says("choose one of --check and --watch")),
    ("build a --check --force", 2, says("choose one of --check and --force")),
    ("check --format xml small.snn", 2, says("'xml' is not one of")),
    ("check --fix -", 2, says("--fix can't change stdin: name a file")),
    ("convert loose.yaml --to snn --modeline s.json", 2, says("only YAML has")),
    ("diff git:main small.snn", 2, says("write git:REV:PATH")),
    ("diff . small.snn", 2, says("compare two specs, or two folders")),
    ("diff small.snn small.snn --exit-code", 0, prints("The same network.")),
    ("diff small.snn misspelt.snn", 1, says("SNN203")),
    ("fmt half.toml", 2, says("half.toml is not a .snn")),
    ("init asked --requirement snnc==9", 0, writes(WORKFLOW, "install snnc==9")),
    ("limits --format markdown", 0, prints("| compartments per core | 1024 |")),
]
PREDICT = f"predict{EVALUATE.removeprefix('evaluate')}"
CALIBRATE = "calibrate models/small --data data.npz --weights small.safetensors"
TRAIN_QUICKLY = (
    f"{TRAIN} new.safetensors --epochs 1 --seed 1"
    " --class-weight balanced --validation data.npz"
)
SLOW: list[Case] = [
    (f"{TRAIN_QUICKLY} --phases smooth", 0, writes("new.safetensors", "a.kernel")),
    (
        f"{TRAIN} small.safetensors --force --phases spikes --from small.safetensors"
        " --spike-updates 10 --resume",
        0,
        says("snnc evaluate models/small"),
    ),
    (f"{EVALUATE} --simulator nengo --format text", 0, prints("accuracy")),
    (
        f"{EVALUATE} --examples 2 --steps 9 --seed 3 --format json",
        0,
        prints('"examples": 2', '"steps": 9'),
    ),
    (
        f"{EVALUATE} --workers 2 --presentation row",
        0,
        prints("accuracy", "in a row"),
    ),
    (
        f"{EVALUATE} --presentation rest --min-accuracy 0",
        0,
        prints("each from rest, unlike"),
    ),
    (f"{EVALUATE} --picture p.svg", 0, writes("p.svg", "<svg")),
    (f"{EVALUATE} -o new.jsonl", 0, writes("new.jsonl", "outputs")),
    (
        f"{EVALUATE} --out new.jsonl --examples-out new.csv",
        0,
        writes("new.csv", "label"),
    ),
    (f"{EVALUATE} --compare small.snn", 1, says("`board.py` did not write this file")),
    (
        f"{EVALUATE} --adapt data.npz --passes 2 --keep data.npz"
        " --weights-out small.safetensors --force",
        1,
        says("doesn't learn"),
    ),
    (f"{EVALUATE.replace('small.s', 'loud.s')} --strict", 1, says("rates not held")),
    (f"{PREDICT} -o new.csv", 0, writes("new.csv", "index,label,class")),
    (f"{PREDICT} --output new.npz --over-time", 0, writes("new.npz", "over_time")),
    (f"{PREDICT} --simulator nengo", 0, prints("index,label,class")),
    (f"{CALIBRATE} -o new.safetensors --format json", 0, prints('"change"')),
    (
        f"{CALIBRATE} --weights-out small.safetensors --examples 2 --force",
        0,
        writes("small.safetensors", "a.kernel"),
    ),
    (
        f"plot{EVALUATE.removeprefix('evaluate')} -o p.svg --kind raster"
        " --simulator exact --examples 2 --example 1",
        0,
        writes("p.svg", "<svg"),
    ),
    (
        "sweep small.snn --set a.filters=3 --data data.npz"
        " --weights small.safetensors --examples 4 --seed 1 --output there"
        " --picture p.svg --picture-cores c.svg --format html",
        0,
        writes("c.svg", "<svg"),
    ),
    ("demo -o shown", 0, prints("exact engine")),
    ("demo -o shown --all", 0, prints("Nengo, spiking", "Loihi emulator")),
]


def options() -> Iterator[set[str]]:
    """Yield the ways to type each option."""
    commands = {v: command_of(v) for v in VERBS}
    for verb, command in commands.items():
        for option in command.params:
            yield {f"{verb} {name}" for name in option.opts if name.startswith("-")}
    context = click.Context(snnc, **snnc.context_settings)
    for option in snnc.get_params(context):
        yield {f" {name}" for name in option.opts}


def test_every_option_is_typed() -> None:
    typed = set()
    for line, *_ in (*QUICK, *SLOW):
        words = shlex.split(line)
        verb = next((word for word in words if word in VERBS), "")
        typed |= {f"{verb} {word}" for word in words}
        typed |= {f" {word}" for word in words[: words.index(verb) if verb else None]}
    assert [names for names in options() if names and not names & typed] == []
    assert {verb for verb in VERBS if f"{verb} {verb}" not in typed} == set()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a spec, others that differ, and weights."""
    made = tmp_path_factory.mktemp("typed")
    (made / "pyproject.toml").touch()
    (made / "small.snn").write_text(SMALL)
    (made / MISSPELT).write_text(SMALL.replace("filters 3", "filtres 3", 1))
    with_pool = SMALL.replace("readout", "maxpool  p { window 2 }\nreadout")
    (made / LOOSE).write_text(with_pool)
    (made / "newer.snn").write_text(SMALL.replace("snn 1", "snn 3"))
    (made / BUDGET).write_text(SMALL.replace("filters 3", "filters 4"))
    (made / "loose.yaml").write_text("mine")
    device = (ROOT / "snnc/loihi/loihi1.toml").read_text()
    (made / "half.toml").write_text(
        device.replace("compartments = 1024", "compartments = 512")
    )
    for name, scale in {"small": 0.1, "loud": 3.0}.items():
        weights = {k: abs(v) for k, v in weights_of(SMALL, scale).items()}
        save(made / f"{name}.safetensors", SMALL, weights)
    return made


def judge(case: Case) -> None:
    line, status, seen = case
    done = run(*shlex.split(line))
    assert done.returncode == status, done.stderr
    assert seen(done.stdout, done.stderr), done


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case[0])
def test_a_command(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def once(paths: Any, build: Callable[[], Any]) -> None:
        build()
        raise KeyboardInterrupt

    monkeypatch.setattr("snnc.cli.build.watch_files", once)
    judge(case)


def brief(name: str) -> Path:
    """Return a spec that ships with snnc, trained once and presented for a moment."""
    if not name.endswith(".snn"):
        return ROOT / "specs" / name
    text = (ROOT / "specs" / name).read_text(encoding="utf-8")
    for words, fewer in (("epochs 20", "epochs 1"), ("40 ms", "10 ms")):
        assert words in text
        text = text.replace(words, fewer)
    path = Path(name).resolve()
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", SLOW, ids=lambda case: case[0])
def test_a_command_that_loads_much(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("build", "small.snn").returncode == 0
    random = np.random.default_rng(0)
    np.savez("data.npz", x=random.random((4, 8, 8, 1), np.float32), y=np.arange(4) % 2)
    train, test = drifting_digits(40, 8)
    demo = importlib.import_module("snnc.interface.demo")
    monkeypatch.setattr(demo, "drifting_digits", lambda: (train, test))
    monkeypatch.setattr(source, "spec_path", brief)
    judge(case)

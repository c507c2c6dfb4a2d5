"""Completions at the cursor: `|` in the texts below."""

import pytest
from lsprotocol import types

from snnc.language.editions import NEWEST
from snnc.language_server.completion import completions_at
from snnc.source import SourceFile
from tests.language_server.editor import Client, open_text

HEAD = """\
snn 1
network n {
  input i 8x8x1 in 0..1
  encode conv e { filters 2 }
  conv2d c0 { filters 8 }
"""
YAML = """\
snn: 1
network: n
input: {name: i, shape: 8x8x1, in: 0..1}
encode: {conv: {name: e, filters: 2}}
layers:
  - conv2d: {name: c0, filters: 8}
"""


def completions(text: str) -> dict[str, str]:
    """Return the words at the cursor, and the text that each of them inserts."""
    at = text.index("|")
    name = "a.yaml" if text.startswith("snn:") else "a.snn"
    _, found = completions_at(SourceFile(name, text.replace("|", "", 1)), at)
    return {item.label: item.insert_text or "" for item in found}


def test_a_new_file_begins_with_the_newest_edition() -> None:
    assert completions("|") == {"snn": f"snn {NEWEST}"}


def test_the_defaults_of_each_edition_are_shown() -> None:
    text = "snn 1\nnetwork n {\n  timing { "
    _, items = completions_at(SourceFile("a.snn", text), len(text))
    (present,) = [item for item in items if item.label == "present"]
    assert isinstance(present.documentation, types.MarkupContent)
    assert "(40 ms; 100 ms in edition 1)" in present.documentation.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|", ["snn"]),
        ("snn 1\n|", ["network"]),
        (f"{HEAD}  target |", ["loihi", "nengo"]),
        (f"{HEAD}  conv2d c1 {{ padding |", ["valid", "same"]),
        (f"{HEAD}  conv2d c1 {{ padding sa|", ["valid", "same"]),
        (f"{HEAD}  conv2d c1 {{ filters 8, neuron |", ["relu", "lif"]),
        (f"{HEAD}  conv2d c1 {{ neuron lif {{ |", ["tau_rc", "tau_ref"]),
        (f"{HEAD}  conv2d c1 {{ neuron lif {{ tau_rc 5 ms, |", ["tau_ref"]),
        (f"{HEAD}  dense d {{ batchnorm |", ["on", "off"]),
        (f"{HEAD}  dense d {{ shortcut |", ["c0", "e"]),
        (f"{HEAD}  dense d from c0, |", ["c0", "e"]),
        (f"{HEAD}  dense d |", ["from"]),
        (f"{HEAD}  readout y {{ classes 2 }}\n  |", ["train"]),
        (f"{HEAD}  train {{\n    loss |", ["cross_entropy", "focal", "mse"]),
        (
            f"{HEAD}  train {{ optimizer sgd {{ mo|",
            ["learning_rate", "momentum", "nesterov"],
        ),
        (f"{HEAD}  readout y {{ classes [a, b], decide |", ["mean", "last"]),
        (f"{HEAD}  neuron |", ["relu", "lif"]),
        (f"{HEAD}  dense a {{ units 4\n  dense b {{ place |", ["chip", "host"]),
        (f"{HEAD}  conv2d c1: {{ filters = 8, padding |", ["valid", "same"]),
        (f"{HEAD}  conv2d c1 {{ rate 2Hz-5Hz, 3 4, neuron |", ["relu", "lif"]),
        (f"{HEAD}  train {{ loss\n    optimizer |", ["adam", "adamw", "sgd"]),
        (f"{HEAD}}}\n|", []),
        (f"{HEAD}  # con|", []),
        ('snn 1\nnetwork n {\n  about "con|', []),
        ("snn: 1\nnetwork: n\ntarget: |", ["loihi", "nengo"]),
        ("snn: 1\nnetwork: n\ntarget: {loihi: {|", ["chips", "cores", "pop"]),
        (f"{YAML}  - conv2d: {{name: c1, padding: |", ["valid", "same"]),
        (f"{YAML}  - conv2d:\n      padding: |", ["valid", "same"]),
        (f"{YAML}  - dense: {{name: d, from: |", ["c0", "e"]),
        (f"{YAML}  - dense: {{name: d, from: [c0, |", ["c0", "e"]),
        (f"{YAML}  - dense: {{batchnorm: |", ["true", "false", "on"]),
        (f"{YAML}train: {{optimizer: |", ["adam", "adamw", "sgd"]),
    ],
)
def test_completion_offers_exactly_the_legal_words(
    text: str, expected: list[str]
) -> None:
    assert list(completions(text)) == expected


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        (f"{HEAD}  con|", "conv2d", "conv2d c1 { filters ${1:8}, kernel ${2:3} }"),
        (f"{HEAD}  |", "add", "add from ${1:e}, ${2:c0}"),
        (f"{HEAD}  |", "readout", "readout label { classes ${1:10} }"),
        (f"{HEAD}  conv2d c1 {{ |", "rate", "rate ${1:20..250 Hz}"),
        (f"{HEAD}  conv2d c1 {{ rate 20..150 |", "Hz", "Hz"),
        (f"{YAML}  - |", "conv2d", "conv2d: {name: ${1:c0}, $0}"),
        (f"{YAML}  - |", "avgpool", "avgpool: {$0}"),
        ("snn 1\nnetwork n {\n timing { dt 1 |", "ms", "ms"),
        ("snn 1\nnetwork n {\n input x 8x8x1 |", "in", "in ${1:0..1}"),
    ],
)
def test_completion_inserts_placeholders(text: str, word: str, written: str) -> None:
    assert completions(text)[word] == written


@pytest.mark.parametrize(
    ("text", "some", "others"),
    [
        # What is after the cursor may be an echo.
        (
            f"{HEAD}  conv2d c1 {{ filters 8, |, kernel 3 }}",
            {"kernel"},
            {"filters", "units"},
        ),
        (
            "snn 1\nnetwork n {\n  input i 8x8x1 in 0..1\n  |",
            {"target", "encode", "conv2d"},
            {"input"},
        ),
        (f"{HEAD}  |", {"dense"}, {"timing", "encode", "input", "target"}),
        (f"{YAML}  - |", {"conv2d", "avgpool"}, {"readout", "target"}),
        (f"{YAML}  - con|", {"conv2d"}, {"train"}),
        (f"{YAML}  - conv2d: {{name: c1, |", {"filters", "from"}, {"units", "name"}),
        (f"{YAML}  - dense:\n      name: d\n      |", {"units"}, {"name", "filters"}),
        (f"{YAML}|", {"readout", "train"}, {"input", "layers", "snn", "conv2d"}),
        (f"{YAML}train:\n  |", {"loss", "batch"}, {"units"}),
        ("snn: 1\ndefaults: {|", {"rate", "conv2d"}, {"name", "epochs"}),
    ],
)
def test_completion_omits_words_that_are_already_there(
    text: str, some: set[str], others: set[str]
) -> None:
    found = completions(text).keys()
    assert some <= found
    assert others & found == set()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.xdist_group("language_server")
async def test_a_client_replaces_the_word_that_is_typed(client: Client) -> None:
    document = open_text(client, f"{HEAD}  conv2d c1 {{ padd }}\n}}\n")
    place = document.at("padd", 4)
    found = await document.ask(types.CompletionParams, position=place)
    item = next(item for item in found.items if item.label == "padding")
    assert document.text_at(item.text_edit.range) == "padd"
    assert item.text_edit.new_text == "padding ${1:same}"
    told = "`conv1d` also `causal`, with zeros only at the start (valid)."
    assert item.documentation.value == f"`valid` or `same`, as in Keras; for {told}"

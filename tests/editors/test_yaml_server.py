"""The JSON Schema in the language server that VS Code's extension for YAML has."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from snnc.language.schema import schema
from tests.language_server.editor import Client, Document, open_text, start
from tests.support import ROOT

SERVER = ROOT / "editors/vscode/node_modules/.bin/yaml-language-server"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not (shutil.which("node") and SERVER.exists()),
        reason="its packages are not there: npm install, in editors/vscode",
    ),
]
GOOD = (ROOT / "specs/drift.yaml").read_text(encoding="utf-8")
WRONG = GOOD.replace("filters: 16", "filtres: 16")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("specs")
    (path / "snnc.schema.json").write_text(json.dumps(schema()), encoding="utf-8")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yaml(folder: Path) -> AsyncIterator[Client]:
    command = [str(SERVER), "--stdio"]
    client = await start(ClientServerConfig(command, Client), root=folder)
    yield client
    await client.shutdown_session()
    await client.stop()


def open_with_schema(client: Client, text: str, folder: Path) -> Document:
    modeline = f"# yaml-language-server: $schema={folder / 'snnc.schema.json'}\n"
    return open_text(client, modeline + text, ".yaml", folder)


@pytest.mark.parametrize(
    ("text", "said"), [(GOOD, []), (WRONG, ["Property filtres is not allowed."])]
)
async def test_only_a_good_spec_has_no_problems(
    yaml: Client, folder: Path, text: str, said: list[str]
) -> None:
    document = open_with_schema(yaml, text, folder)
    await yaml.until(lambda: document.uri in yaml.told)
    found = yaml.told[document.uri].diagnostics
    assert [diagnostic.message for diagnostic in found] == said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  - conv2d: {name: c2, fil|}\n", {"filters"}),
        ("  - conv2d:\n      name: c2\n      |\n", {"filters", "kernel", "from"}),
        ("  - dense:\n      |\n", {"name", "units"}),
        ("  - conv2d: {name: c2, padding: |}\n", {"valid", "same"}),
        ("  - |\n", {"conv2d", "dense", "avgpool"}),
    ],
)
async def test_words_are_offered(
    yaml: Client, folder: Path, text: str, words: set[str]
) -> None:
    head, tail = GOOD.split("readout:")
    at = len(head) + text.index("|")
    document = open_with_schema(
        yaml, f"{head}{text.replace('|', '')}readout:{tail}", folder
    )
    offset = len(document.text) - len(GOOD) - len(text) + 1 + at
    place = document.position(offset)
    found = await document.ask(types.CompletionParams, position=place)
    assert words <= {item.label for item in getattr(found, "items", found)}


async def test_a_key_is_explained(yaml: Client, folder: Path) -> None:
    document = open_with_schema(yaml, GOOD, folder)
    place = document.at("dropout", 2)
    found = await document.ask(types.HoverParams, position=place)
    assert "The fraction of activations that training drops" in found.contents.value

"""The sources that nengo-loihi gives a board's processors compile."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agreement.built import import_package, random_weights
from tests.api.test_builds import TWO_CHIPS
from tests.board.packages import SMALL
from tests.board.recording import options_of, record
from tests.support import compile_text

HEADERS = Path(__file__).parent
STRICT = ["-Werror=implicit-function-declaration", "-Werror=incompatible-pointer-types"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs gcc and g++"),
]


@pytest.mark.parametrize("text", [SMALL, TWO_CHIPS], ids=["small", "two chips"])
def test_snips_compile_against_headers_that_only_declare(
    text: str, tmp_path: Path
) -> None:
    results, _ = compile_text(text)
    with import_package(results.modules) as package:
        weights = random_weights(package.layout)
        layers = package.network.layers
        probed = tuple(name for name, layer in layers.items() if layer.on_chip)
        built = package.nengo.build_network(weights, probe=probed)
        options = {"n_chips": results.mapped.chips, **options_of(package)}
        snips = record(built.net, package.network.dt, options, snips=True).snips
    assert len(snips) == 1 + 2 * results.mapped.chips
    for number, snip in enumerate(snips):
        host = "cppFile" in snip
        source = snip["cppFile" if host else "cFilePath"]
        compiler = ["g++", "-std=c++14"] if host else ["gcc", "-std=gnu99", *STRICT]
        folders = [HEADERS] if host else [HEADERS, snip["includeDir"]]
        target = ["-c", source, "-o", str(tmp_path / f"{number}.o")]
        done = subprocess.run(
            [*compiler, *(f"-I{folder}" for folder in folders), *target],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

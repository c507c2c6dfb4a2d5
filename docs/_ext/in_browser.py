"""Links from specs to the playground, and the files that it is served from.

The playground is static: Pyodide from npm, wheels from PyPI and snnc itself, which are
put together here. It needs Node.js 20; without it, or with ``-D playground=0``, the
site has no playground.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
HERE = DOCS / "playground"
BUILD = DOCS / "_build/playground"
PAGE = ("index.html", "*.mjs", "*.css")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
SPEC = re.compile(r"snn:? \d")
TARGET = ("pyemscripten_2026_0_wasm32", "3.14", "cp314")
"""The platform of Pyodide's wheels, its Python and the tag of that."""
UNUSED = ("*.dist-info/**/*", "snnc/_rules/*", "*.pyi", "*/py.typed")
"""Files of wheels that the compiler does not read in the browser."""


def fragment(text: str) -> str:
    """Return the end of a link that carries a spec, as ``link.mjs`` reads it."""
    deflate = zlib.compressobj(9, wbits=-15)
    data = deflate.compress(text.encode()) + deflate.flush()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def add_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put a link to the playground after every spec."""
    if not _is_wanted(app):
        return
    start = app.builder.get_relative_uri(page, "playground/index")
    for block in list(doctree.findall(nodes.literal_block)):
        text = block.astext().rstrip("\n") + "\n"
        if SPEC.match(text):
            target = f"{start}#{fragment(text)}"
            link = nodes.reference("", "Open in the playground", refuri=target)
            at = block.parent.index(block) + 1
            block.parent.insert(at, nodes.paragraph("", "", link, classes=["open"]))


def _is_wanted(app: Sphinx) -> bool:
    is_site = app.builder.name == "html" and app.config.playground
    return bool(is_site and shutil.which("npm"))


def assemble(app: Sphinx, error: Exception | None) -> None:
    """Put the playground into a site that was built."""
    if error is not None or not _is_wanted(app):
        if app.config.playground and not shutil.which("npm"):
            print("== no playground: it needs npm, of Node.js 20", file=sys.stderr)
        return
    target = Path(app.outdir) / "playground"
    target.mkdir(exist_ok=True)
    pyodide = _pyodide()
    for path in [p for pattern in PAGE for p in HERE.glob(pattern)]:
        shutil.copy(path, target)
    for name in PYODIDE:
        shutil.copy(pyodide / name, target)
    shutil.copy(ROOT / "grammar/snn.tmLanguage.json", target)
    for path in _archives():
        shutil.copy(path, target)
    specs = {path.stem: path.read_text("utf-8") for path in ROOT.glob("specs/*.snn")}
    (target / "examples.json").write_text(json.dumps(specs), encoding="utf-8")


def _pyodide() -> Path:
    """Return the folder of Pyodide; npm fetches it once."""
    folder = HERE / "node_modules/pyodide"
    if not folder.exists():
        _run("npm", "ci", "--omit=dev", "--silent", "--no-audit", "--no-fund", cwd=HERE)
    return folder


def _archives() -> tuple[Path, Path]:
    """Return all Python files and a started Python; made when a file has changed."""
    made = archive, memory = BUILD / "site.zip", BUILD / "python_memory.bin"
    stamp = BUILD / "site.sha256"
    state = _state()
    if stamp.exists() and stamp.read_text() == state:
        return made
    site = BUILD / "site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    for wheel in _wheels():
        with zipfile.ZipFile(wheel) as files:
            files.extractall(site)
    for path in [p for pattern in UNUSED for p in site.rglob(pattern) if p.is_file()]:
        path.unlink()
    _copy_markupsafe(site)
    shutil.copy(HERE / "playground.py", site)
    _run("node", "compile.mjs", str(site), str(memory), cwd=HERE)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            packed.write(path, path.relative_to(site))
    stamp.write_text(state)
    return made


def _state() -> str:
    """Return a hash of the files that the archive is made from."""
    kept = hashlib.sha256()
    made_from = [
        Path(__file__),
        *HERE.glob("*.*"),
        *(ROOT / "snnc").rglob("*"),
        *ROOT.glob("grammar/*"),
    ]
    for path in sorted(made_from):
        if path.is_file() and path.suffix != ".pyc":
            kept.update(path.read_bytes())
    return kept.hexdigest()


def _wheels() -> list[Path]:
    """Return the wheels of snnc and its dependencies, for Pyodide."""
    platform, version, tag = TARGET
    wheels = BUILD / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
    needed = ("--requirement", str(HERE / "requirements.txt"), "--dest", str(wheels))
    wanted = ("--platform", platform, "--python-version", version)
    tags = ("--implementation", "cp", "--abi", tag, "--abi", "none")
    only = ("--no-deps", "--only-binary", ":all:")
    _run(*pip, "download", *only, *wanted, *tags, *needed)
    return sorted(wheels.glob("*.whl"))


def _copy_markupsafe(site: Path) -> None:
    """Copy the Python files of MarkupSafe, which go without those in C."""
    found = find_spec("markupsafe")
    assert found is not None
    assert found.origin is not None
    (site / "markupsafe").mkdir()
    for path in Path(found.origin).parent.glob("*.py"):
        shutil.copy(path, site / "markupsafe")


def _run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("playground", True, "html")
    app.connect("doctree-resolved", add_links)
    app.connect("build-finished", assemble)
    return {"parallel_read_safe": True}

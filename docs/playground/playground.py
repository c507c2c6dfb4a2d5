"""The compiler as the playground calls it: every function takes a spec as text.

It runs in the browser, in a worker that has unpacked the compiler.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from snnc.cli import main
from snnc.diagnostics import Diagnostics
from snnc.diagnostics.machine_formats import document
from snnc.language.readers import LONGEST_NAME
from snnc.language_server.analysis import Memory, analyse
from snnc.language_server.hover import hints
from snnc.loihi.profile import read_profile
from snnc.syntax.files import decode

DEVICE = read_profile()
MEMORY = Memory(DEVICE)


def check(text: str, patient: bool = False) -> str:
    """Return diagnostics, the costs after each line and whether advice is missing.

    Advice on what does not fit takes trials, so only a patient caller gets it.
    """
    report = Diagnostics()
    source = decode(spec_name(text), encode(text), report)
    if source is None:
        found = {"costs": [], "settled": True}
        return json.dumps({**document(report.diagnostics), **found})
    steps = analyse(source, DEVICE, MEMORY)
    analysis = list(steps)[-1] if patient else next(steps)
    costs = [(source.line_column(at)[0], cost) for at, cost in hints(analysis)]
    found = {"costs": costs, "settled": analysis.settled}
    return json.dumps({**document(analysis.diagnostics), **found})


def report(text: str) -> str:
    """Return the page of ``snnc report --format html``, or why there is none."""
    with folder(text) as spec:
        _, page, problems = run("report", spec, "--format", "html")
    return json.dumps({"page": page, "problems": problems})


def files(text: str) -> str:
    """Return the paths and texts of all that ``snnc build`` writes, or why not."""
    with folder(text) as spec:
        status, _, problems = run("build", spec, "-o", "models")
        found = sorted(path for path in Path("models").rglob("*") if path.is_file())
        texts = {path.as_posix(): path.read_text(encoding="utf-8") for path in found}
    return json.dumps({"files": texts, "problems": problems if status else ""})


def spec_name(text: str) -> str:
    """Return a name for a spec that says its notation."""
    name = re.search(r"^network:?\s+(\w+)", text, re.MULTILINE)
    suffix = "yaml" if re.search(r"^snn\s*:", text, re.MULTILINE) else "snn"
    # A name that is too long for snnc may also be too long for a file.
    return f"{name[1][:LONGEST_NAME] if name else 'spec'}.{suffix}"


def encode(text: str) -> bytes:
    """Return UTF-8, in which half a character of JavaScript is an invalid byte."""
    return text.encode(errors="surrogatepass")


@contextlib.contextmanager
def folder(text: str) -> Iterator[str]:
    """Work in a new repository whose folder ``specs`` has the spec; yield its path."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as root:
        os.chdir(root)
        try:
            Path("pyproject.toml").touch()
            spec = Path("specs", spec_name(text))
            spec.parent.mkdir()
            spec.write_bytes(encode(text))
            yield spec.as_posix()
        finally:
            os.chdir(before)


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command line; return its status, its output and its messages."""
    out, messages = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(messages):
        status = main(list(arguments))
    gc.enable()  # the command line, which ends with its process, turns it off
    return status, out.getvalue(), messages.getvalue()

"""All that the compiler prints and writes for a spec, in CPython and in Pyodide."""

from __future__ import annotations

import importlib
import json
import re


def outputs(text: str, builds: bool) -> str:
    """Return JSON: what the page shows for a spec, and what the command line prints."""
    playground = importlib.import_module("playground")
    with playground.folder(text) as spec:
        shown = {
            "json": playground.run("check", spec, "--format", "json"),
            "text": playground.run("check", spec),
            "check": playground.check(text, patient=True),
        }
        if builds:
            shown["report"] = playground.run("report", spec, "--why")
            shown["page"] = playground.report(text)
            shown["files"] = playground.files(text)
    return re.sub(r"\(\d+ ms\)", "(N ms)", json.dumps(shown))

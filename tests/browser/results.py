"""Write results as a notebook shows them, in JupyterLab's style.

python -m tests.browser.results FILE light|dark
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import snnc
from tests.support import ROOT
from tests.verbs.test_results import CLASSES, VALUES

STYLE = (Path(__file__).parent / "jupyterlab.css").read_text(encoding="utf-8")
OUTPUT = '<div class="jp-RenderedHTMLCommon jp-OutputArea-output">{}</div>'


def page(theme: str) -> str:
    """Return a page with every kind of result."""
    drift = snnc.load(ROOT / "specs/drift.snn")
    results: tuple[Any, ...] = (
        drift.report(),
        drift.fit(4, patient=False),
        drift.replace(c0={"filters": 6}).changed_since(drift),
        snnc.sweep(drift, {"c0.filters": [4, 6, 8]}),
        snnc.limits(),
        CLASSES,
        VALUES,
    )
    shown = "".join(OUTPUT.format(result._repr_html_()) for result in results)
    is_light, back = str(theme == "light").lower(), {"light": "#fff"}.get(theme, "#111")
    return (
        f"<!DOCTYPE html><meta charset=utf-8><style>{STYLE}</style>"
        f'<body data-jp-theme-light="{is_light}" style="background: {back}">{shown}'
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(sys.argv[2]), encoding="utf-8")

"""Write specs, and all that the compiler makes of them, to compare with Pyodide.

python -m tests.browser.cases FILE
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.browser.outputs import outputs
from tests.support import ROOT, hide_extras

sys.path.append(str(ROOT / "docs/playground"))
BLOCK = re.compile(r"^```\w*\n(snn:? \d.*?)^```", re.MULTILINE | re.DOTALL)


def texts() -> list[tuple[str, bool]]:
    """Return every spec of the documentation, once, and whether it is to be built."""
    specs = [*ROOT.glob("specs/**/*.snn"), *ROOT.glob("specs/**/*.yaml")]
    specs += ROOT.glob("docs/examples/*.snn")
    found = {path.read_text("utf-8"): True for path in specs}
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        for text in BLOCK.findall(page.read_text("utf-8")):
            found.setdefault(text, page.parent.name != "rules")
    return list(found.items())


if __name__ == "__main__":
    hide_extras()
    cases = [(*case, outputs(*case)) for case in texts()]
    Path(sys.argv[1]).write_text(json.dumps(cases), encoding="utf-8")

"""Draw a spec in Neovim: ``python editors/picture.py SPEC PICTURE [KEYS]``.

Neovim runs in tmux with the plugin in this folder. rich converts its screen to an SVG.
KEYS are typed before the picture, in the syntax of `tmux send-keys`.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS, LINES = 100, 30
SESSION = "snnc-picture"
START = """
vim.o.termguicolors = true
vim.o.number = true
vim.o.signcolumn = 'yes'
vim.cmd.highlight('Normal guibg=NONE')
vim.cmd.highlight('NormalFloat guibg=NONE')
vim.cmd.highlight('LspInlayHint guifg=#8fa1b3 gui=italic')
vim.api.nvim_set_hl(0, '@lsp.type.property', { link = 'Identifier' })
require('snnc').setup({ cmd = { '%s', '-m', 'snnc', 'lsp' } })
"""


def tmux(*arguments: str) -> str:
    done = subprocess.run(
        ["tmux", "-L", SESSION, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def screen(spec: Path, keys: list[str]) -> str:
    """Return the last screen of the terminal, with its colours."""
    start = START.replace("\n", " ") % sys.executable
    editor = ["nvim", "--clean", "--cmd", f"set runtimepath^={HERE / 'nvim'}"]
    editor += ["--cmd", f"lua {start}", str(spec)]
    size = ("-x", str(COLUMNS), "-y", str(LINES))
    path = f"PYTHONPATH={HERE.parent}"
    tmux("-f", os.devnull, "new-session", "-d", *size, "-e", path, *editor)
    try:
        tmux("set-option", "-g", "status", "off")
        tmux("set-option", "-g", "default-terminal", "tmux-256color")
        tmux("set-option", "-ga", "terminal-overrides", ",*:Tc")
        time.sleep(float(os.environ.get("SNNC_WAIT", "15")))
        for key in keys:
            tmux("send-keys", key)
            time.sleep(2)
        return tmux("capture-pane", "-p", "-e")
    finally:
        tmux("kill-server")


def main() -> None:
    """Write the picture."""
    spec, picture, *keys = sys.argv[1:]
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(screen(Path(spec), keys)), overflow="ignore")
    svg = console.export_svg(title=f"{Path(spec).name} - Neovim")
    # The picture looks the same everywhere and loads nothing.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    Path(picture).write_text(svg.replace("Fira Code", "monospace"), encoding="utf-8")


if __name__ == "__main__":
    main()

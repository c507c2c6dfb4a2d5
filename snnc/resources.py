"""Files that ship with snnc: package data in a wheel, the checkout's folders else."""

from __future__ import annotations

from pathlib import Path

from snnc.text.near import closest

DOCUMENTATION = "https://snnc.readthedocs.io/en/stable/"
"""Where the pages of ``docs/`` stand as a site, ending with a slash."""

_ROOT = Path(__file__).parent
_CHECKOUT = {"specs": "specs", "grammar": "grammar", "rules": "docs/rules"}


def spec_path(name: str) -> Path:
    """The path of an example spec, such as ``drift.snn``."""
    return _folder("specs") / name


def grammar_path() -> Path:
    """The path of the grammar of ``.snn`` files."""
    return _folder("grammar") / "snn.lark"


def rule_pages() -> dict[str, Path]:
    """The documentation page of each diagnostic, by its code."""
    return {path.stem: path for path in sorted(_folder("rules").glob("SNN*.md"))}


def rule_page(code: str) -> str:
    """Return the text of the page of a code.

    Raises
    ------
    ValueError
        If there is none; the text tells the nearest.
    """
    pages = rule_pages()
    page = pages.get(code.upper())
    if page is not None:
        return page.read_text(encoding="utf-8")
    near = closest(code.upper(), pages)
    hint = "`snnc check` prints them, as in error[SNN301]"
    if near:
        hint = f"did you mean {near}?"
    raise ValueError(f"there is no code {code}; {hint}")


def _folder(name: str) -> Path:
    packaged = _ROOT / f"_{name}"
    return packaged if packaged.is_dir() else _ROOT.parent / _CHECKOUT[name]

"""The jinja2 environment of all templates."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment


def render(template: str, **values: object) -> str:
    """Return a template of this folder, such as ``keras/templates/train.py.jinja``.

    Raises
    ------
    jinja2.UndefinedError
        If the template uses a value that is not given.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    # Only `snnc build` renders: the other verbs must not wait for this import.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        bytecode_cache=_compiled(),
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _compiled() -> BytecodeCache | None:
    """Compiled templates beside Python's own, which are half of a build's time."""
    from jinja2 import FileSystemBytecodeCache

    folder = Path(__file__).parent / "__pycache__"
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return None
    return FileSystemBytecodeCache(str(folder), "%s.jinja")

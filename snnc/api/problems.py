"""Problems of a spec as data and as an exception, and missing packages."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from snnc.api.display import terminal_html
from snnc.text.installing import installation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snnc.diagnostics import Diagnostic as Found


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem at one place, as in ``snnc check --format json``.

    Attributes
    ----------
    code : str
        Such as ``SNN301``, which `snnc.explain` describes; its meaning never changes.
    severity : str
        ``error`` or ``warning``.
    message : str
        One plain sentence.
    file : str
        The path of the spec as it was given; ``replace`` for a value from
        `Spec.replace`.
    line, column, end_line, end_column : int
        From 1; the end is the position after the last character.
    label : str
        The words next to the place; may be empty.
    notes : tuple of str
        Value, limit and source.
    help : str
        The closest change that works; may be empty.
    related : tuple of dict
        Other places: ``message``, and file, lines and columns as here.
    fix : dict or None
        The ``replacement`` for the text from ``start`` to ``end`` that fixes the
        problem.
    """

    code: str
    severity: str
    message: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str
    notes: tuple[str, ...]
    help: str
    related: tuple[dict[str, Any], ...]
    fix: dict[str, Any] | None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}[{self.code}]: {self.message}"


def public(found: Sequence[Found]) -> tuple[Diagnostic, ...]:
    """Return diagnostics as data."""
    if not found:
        return ()
    from snnc.diagnostics.machine_formats import document

    names = {field.name for field in fields(Diagnostic)}
    return tuple(
        Diagnostic(
            **{name: _frozen(value) for name, value in entry.items() if name in names}
        )
        for entry in document(found)["diagnostics"]
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class SpecError(ValueError):
    """A spec, or a package, that has problems.

    Its text is the output of the command line: each problem with its place, the lines
    of the spec, and a remedy. Notebooks show that instead of a traceback.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        All problems, warnings included, sorted by place.
    """

    diagnostics: tuple[Diagnostic, ...]

    def __init__(self, diagnostics: Sequence[Found]) -> None:
        from snnc.diagnostics.diagnostic_text import render

        super().__init__(render(diagnostics).rstrip("\n"))
        self._coloured = render(diagnostics, colour=True).rstrip("\n")
        self.diagnostics = public(diagnostics)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (str(self), self._coloured, self.diagnostics)

    def _repr_html_(self) -> str:
        return terminal_html(self._coloured)

    def _render_traceback_(self) -> list[str]:
        """Return the text for IPython: lines of snnc's own code would not help."""
        return self._coloured.split("\n")


def _restored(
    text: str, coloured: str, diagnostics: tuple[Diagnostic, ...]
) -> SpecError:
    """Create the error again in another process."""
    error = SpecError.__new__(SpecError, text)
    error.args = (text,)
    error._coloured = coloured
    error.diagnostics = diagnostics
    return error


def missing(simulator: str, clustered: bool = False) -> list[str]:
    """Return the missing packages that an evaluation imports."""
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    if clustered:
        needed.append("distributed")
    if simulator == "keras":
        needed.append("tensorflow")
    return [name.replace("_", "-") for name in needed if not _is_there(name)]


def require(names: tuple[str, ...], extra: str, what: str) -> None:
    """Refuse a task whose packages are missing.

    Raises
    ------
    ModuleNotFoundError
        Says what to install.
    """
    absent = [name.replace("_", "-") for name in names if not _is_there(name)]
    if absent:
        listed = " and ".join(absent)
        raise ModuleNotFoundError(f"{what} needs {listed}: {installation(extra)}")


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None

"""Base class of results: their JSON data, and how they display themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.text.display import Displayed, Json, data_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Results don't import `views`, which is a higher layer (decision 021).
WRITERS: dict[str, Callable[..., Any]] = {}
"""Functions that write a result, by format; `snnc.views` fills this table.

The one for the format ``picture`` draws with matplotlib. It takes the name of the
picture, its data and its options instead of a result.
"""

INLINE = {"inline": True}
"""The metadata of a field that JSON replaces by the fields of its value, if any."""
TEXTS = {"write": lambda items: list(map(str, items))}
"""The metadata of a field that is a list of texts in JSON."""


def renamed(key: str) -> Mapping[str, str]:
    """Return the metadata of a field with another name in JSON."""
    return {"json": key}


class Drawable:
    """A frozen dataclass that `snnc.views` draws."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Name a function of `snnc.views`, so that unpickling imports the writers."""
        return WRITERS["unpickled"], (type(self), vars(self))

    def _drawn(self, picture: str, *data: Any) -> Axes:
        drawn: Axes = WRITERS["picture"](picture, *data)
        return drawn


class Result(Drawable, Displayed):
    """A frozen dataclass of plain values."""

    def as_dict(self) -> Json:
        """Return the JSON data of ``--format json``."""
        return {"version": 1, **fields_to_json(self)}

    def text(self) -> str:
        """Return the text of the command line, ending with a line end."""
        return self._written("text") + "\n"

    def markdown(self) -> str:
        """Return the result as Markdown, for a comment on a pull request."""
        return self._written("markdown")

    def to_pandas(self) -> Any:
        """Return the table as a pandas data frame; install pandas separately.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        return data_frame(WRITERS["records"](self))

    def _repr_html_(self) -> str:
        return self._written("html")

    def __str__(self) -> str:
        return self._written("text")

    def _written(self, form: str) -> str:
        return str(WRITERS[form](self))


def to_json(value: object) -> Any:
    """Convert a value to JSON data: dataclasses to objects, and results as they do."""
    if isinstance(value, Result):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, Path):
        return value.as_posix()
    return fields_to_json(value) if is_dataclass(value) else value


def fields_to_json(value: Any) -> Json:
    """Convert the fields of a dataclass to a JSON object.

    A class may list ``_omitted`` fields, and ``_optional`` fields, which JSON omits
    without a value.
    """
    omitted = getattr(value, "_omitted", ())
    optional = getattr(value, "_optional", ())
    data: Json = {}
    for each in fields(value):
        item = getattr(value, each.name)
        if each.name in omitted or (item is None and each.name in optional):
            continue
        written = each.metadata.get("write", to_json)(item)
        if each.metadata.get("inline"):
            data |= written or {}
        else:
            data[each.metadata.get("json", each.name)] = written
    return data

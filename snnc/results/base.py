"""What all results have in common: their JSON data, and how they display themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from snnc.text.display import Displayed, Json, data_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WRITERS: dict[str, Callable[..., Any]] = {}
"""Functions that write a result, by format; `snnc.views` fills this table.

The one for the format ``picture`` draws a result with matplotlib. It also takes the
name of the picture, and its options.
"""

INLINE = {"inline": True}
"""The metadata of a field whose own fields stand in its place in JSON, if any."""
OPTIONAL = {"optional": True}
"""The metadata of a field that JSON contains unless it is None."""
OMITTED = {"json": None}
"""The metadata of a field that JSON does not contain."""
TEXTS = {"write": lambda items: list(map(str, items))}
"""The metadata of a field that is a list of texts in JSON."""


def renamed(key: str) -> Mapping[str, str]:
    """Return the metadata of a field with another name in JSON."""
    return {"json": key}


class Result(Displayed):
    """A frozen dataclass of plain values."""

    _version: ClassVar[int] = 1
    """The version of the JSON data."""

    def as_dict(self) -> Json:
        """Return the JSON data of ``--format json``."""
        return {"version": self._version, **to_json(self)}

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

    def _drawn(self, picture: str, *options: Any) -> Axes:
        drawn: Axes = WRITERS["picture"](self, picture, *options)
        return drawn


def to_json(value: object) -> Any:
    """Convert dataclasses to JSON objects, and what they contain."""
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if not is_dataclass(value):
        return value
    data: Json = {}
    for each in fields(value):
        key = each.metadata.get("json", each.name)
        item = getattr(value, each.name)
        write = each.metadata.get("write", to_json)
        if each.metadata.get("inline"):
            data |= to_json(item) or {}
        elif key is not None and not (item is None and each.metadata.get("optional")):
            data[key] = write(item)
    return data

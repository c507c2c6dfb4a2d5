"""Names of variables in generated code."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterable

_BUILTINS = frozenset(dir(builtins))


def variables(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Map names of the spec to variables that shadow nothing.

    A name that is a builtin or in ``taken`` (what the file itself defines or
    imports) gets underscores behind it until it is free.
    """
    wanted = tuple(names)
    used = {*_BUILTINS, *taken}
    found: dict[str, str] = {}
    for name in sorted(wanted, key=lambda name: (name in used, name)):
        variable = name
        while variable in used:
            variable += "_"
        used.add(variable)
        found[name] = variable
    return {name: found[name] for name in wanted}

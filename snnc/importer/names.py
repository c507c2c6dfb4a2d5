"""Names of Keras, made names of a spec."""

from __future__ import annotations

import re
from collections.abc import Iterable

from snnc.spec.names import LONGEST, why_no_name, why_no_package


def mended(names: Iterable[str]) -> dict[str, str]:
    """Return legal names, each its own; those that are legal stay as they are."""
    wanted = list(names)
    taken = {name.lower() for name in wanted if not why_no_name(name)}
    found = {}
    for name in wanted:
        legal = name
        if why_no_name(name):
            legal = _free(_plain(name), taken)
        taken.add(legal.lower())
        found[name] = legal
    return found


def network_name(name: str) -> str:
    """Return a legal name of a network."""
    plain = _plain(name)
    return f"{plain[: LONGEST - 4]}_net" if why_no_package(plain) else plain


def _plain(name: str) -> str:
    """Replace what no name may have; the result may be a word of the language."""
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:LONGEST]
    return text if text[:1].isalpha() else f"layer_{text}".strip("_")[:LONGEST]


def _free(name: str, taken: set[str]) -> str:
    if not why_no_name(name) and name.lower() not in taken:
        return name
    count = 0
    while (numbered := f"{name[: LONGEST - 4]}_{count}").lower() in taken:
        count += 1
    return numbered

"""The public interface as one text, so that no change of it goes unseen."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import snnc
from tests.rules.checking import assert_accepted

SNAPSHOT = Path(__file__).with_name("interface.txt")


def lines_of(name: str) -> Iterator[str]:
    """Yield the signature of a function, or the public members of a class."""
    value = getattr(snnc, name)
    if not inspect.isclass(value):
        yield f"{name}{inspect.signature(value)}"
        return
    yield f"class {name}"
    ours = [base for base in value.__mro__ if base.__module__.startswith("snnc")]
    members = {member for base in ours for member in vars(base)}
    for member in sorted(members):
        described = inspect.getattr_static(value, member)
        if member.startswith("_") or inspect.isclass(described):
            continue
        if isinstance(described, (classmethod, staticmethod)):
            described = described.__func__
        if inspect.isfunction(described):
            yield f"    {member}{inspect.signature(described)}"
        else:
            yield f"    {member}"


def test_a_change_of_the_interface_changes_the_snapshot() -> None:
    lines = [line for name in snnc.__all__ for line in lines_of(name)]
    assert_accepted(SNAPSHOT, "".join(f"{line}\n" for line in lines))

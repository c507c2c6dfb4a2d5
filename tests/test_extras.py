"""The extras can be installed on each Python that snnc runs on, and fit together."""

import re
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.support import PROJECT, ROOT

EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
FOR_USERS = sorted(EXTRAS.keys() - {"dev"})
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
# The last versions without files for Python 3.12, where they don't build.
LAST_BEFORE = {
    "matplotlib": "3.7.5",
    "numba": "0.58.1",
    "numpy": "1.25.2",
    "scipy": "1.11.1",
    "tensorflow": "2.15.1",
}
OLD_ONLY = {"nengo-dl"}  # needs Keras 2
NOT_ON_314 = {"aeon", "tensorflow"}
# The last versions without files for Python 3.14.
LAST_BEFORE_314 = {"scikit-learn": "1.7.1", "scipy": "1.16.0", "numpy": "2.3.1"}


def requirements(extra: str, python: str) -> Iterator[Requirement]:
    """Return the requirements of an extra on a Python version."""
    for requirement in map(Requirement, EXTRAS[extra]):
        if requirement.name == "snnc":
            for other in sorted(requirement.extras):
                yield from requirements(other, python)
        elif not requirement.marker or requirement.marker.evaluate(
            {"python_version": python}
        ):
            yield requirement


def pins(extra: str, python: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for requirement in requirements(extra, python):
        found.setdefault(requirement.name, set()).add(str(requirement.specifier))
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("extra", FOR_USERS)
def test_an_extra_asks_for_the_same_packages_everywhere(
    extra: str, python: str
) -> None:
    found, here = pins(extra, python), pins(extra, "3.11")
    assert all(len(specifiers) == 1 for specifiers in found.values()), found
    new, newest = python not in ("3.10", "3.11"), python == "3.14"
    absent = (OLD_ONLY if new else set()) | (NOT_ON_314 if newest else set())
    assert found.keys() == {*here} - absent
    last = {**(LAST_BEFORE if new else {}), **(LAST_BEFORE_314 if newest else {})}
    for name, version in last.items():
        assert not any(SpecifierSet(s).contains(version) for s in found.get(name, ()))


def test_all_extras_fit_together() -> None:
    for python in PYTHONS:
        together: dict[str, set[str]] = {}
        for extra in FOR_USERS:
            for name, specifiers in pins(extra, python).items():
                together.setdefault(name, set()).update(specifiers)
        assert [name for name, found in together.items() if len(found) > 1] == []


ADVICE = re.compile(r"pip install [^\n]*?(?:snnc|\.)\[([\w,]+)\]")


def test_what_is_advised_is_there() -> None:
    texts = [*(ROOT / "snnc").rglob("*.py"), *(ROOT / "docs").rglob("*.md")]
    advised = {
        extra
        for path in (*texts, ROOT / "README.md")
        for found in ADVICE.findall(path.read_text(encoding="utf-8"))
        for extra in found.split(",")
    }
    assert {"import", "evaluate", "keras", "all"} <= advised <= {*FOR_USERS}

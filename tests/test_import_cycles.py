"""No module depends on itself through others, also in functions and for types."""

from collections.abc import Mapping

import grimp

MOST = 3
"""The number of modules in cycles, which only falls."""


def in_cycles(imports: Mapping[str, set[str]]) -> set[str]:
    """Return the modules that depend on themselves through others."""

    def reached_from(module: str) -> set[str]:
        reached: set[str] = set()
        left = [*imports[module]]
        while left:
            found = left.pop()
            if found not in reached:
                reached.add(found)
                left += imports[found]
        return reached

    return {module for module in imports if module in reached_from(module)}


def test_a_cycle_is_found() -> None:
    assert in_cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"b", "c"}


def test_modules_import_each_other_in_one_direction() -> None:
    graph = grimp.build_graph("snnc", cache_dir=None)
    modules = in_cycles(
        {
            module: graph.find_modules_directly_imported_by(module)
            for module in graph.modules
        }
    )
    assert len(modules) <= MOST, sorted(modules)

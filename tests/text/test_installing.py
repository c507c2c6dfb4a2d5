"""The advice on optional parts fits the Python that runs."""

from __future__ import annotations

import sys

import pytest

from snnc.text.installing import installation


@pytest.mark.parametrize(
    ("version", "extras", "says_why"),
    [
        ((3, 13), "keras,nengo", False),
        ((3, 14), "keras,nengo", True),
        ((3, 14), "all", True),
        ((3, 14), "evaluate", False),
    ],
)
def test_it_names_the_pythons_of_tensorflow(
    version: tuple[int, int],
    extras: str,
    says_why: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    text = installation(extras)
    assert text.startswith(f"`python -m pip install '.[{extras}]'`")
    assert text.endswith("with Python 3.10 to 3.13, as TensorFlow needs") is says_why

"""The advice on optional parts fits the Python that runs."""

import sys

import pytest

from snnc.text.installing import installation


@pytest.mark.parametrize("extras", ["keras,nengo", "all", "evaluate"])
def test_installation_names_python_versions_for_tensorflow(
    extras: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13))
    command = installation(extras)
    assert command.startswith(f"`python -m pip install '.[{extras}]'`")
    monkeypatch.setattr(sys, "version_info", (3, 14))
    reason = ", with Python 3.10 to 3.13, as TensorFlow needs"
    assert installation(extras).removeprefix(command) == (
        "" if extras == "evaluate" else reason
    )

"""`[tool.snnc]` in pyproject.toml, and what commands do with it."""

from pathlib import Path

import pytest

import snnc
from snnc.loihi.profile import HERE
from snnc.runtime.files import write_file
from snnc.verbs.evaluate.last import record_accuracy, record_path
from tests.commands import run
from tests.weights.files import SMALL, save, weights_of

SETTINGS = """\
[tool.snnc]
specs = ["nets"]
packages = "built"
"""
WARNED = SMALL.replace("filters 3", "filters 3, rate 1..2 Hz", 1)


@pytest.fixture(autouse=True)
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with settings and one spec."""
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    Path("nets/small.snn").write_text(SMALL)
    Path("pyproject.toml").write_text(SETTINGS)
    return tmp_path


def test_commands_without_arguments_use_the_settings(repo: Path) -> None:
    assert "nets/small.snn: ok" in run("check").stderr
    assert "small: " in run("report").stdout
    assert run("build").returncode == 0
    assert Path("built/small/train.py").exists()
    assert run("build", "--check").returncode == 0
    inner = run("build", "--check", cwd=repo / "nets")
    assert "small.snn: ../built/small: up to date" in inner.stderr


def test_arguments_replace_the_settings() -> None:
    Path("other.snn").write_text(SMALL.replace("network small", "network other"))
    assert run("build", "other.snn", "-o", "there").returncode == 0
    assert Path("there/other/train.py").exists()
    assert not Path("built").exists()


def test_without_settings_the_error_names_them() -> None:
    Path("pyproject.toml").write_text("[tool.other]\n")
    for verb in ("build", "check", "report", "status"):
        done = run(verb)
        assert done.returncode == 2
        assert "[tool.snnc] of pyproject.toml" in done.stderr


def test_without_settings_the_folder_specs_is_used() -> None:
    Path("pyproject.toml").unlink()
    Path("nets").rename("specs")
    assert "specs/small.snn: ok" in run("check").stderr
    assert "small" in run("status").stdout
    assert [row.spec for row in snnc.status().specs] == ["specs/small.snn"]


def test_a_device_of_the_settings_is_compiled_for() -> None:
    limits = run("limits").stdout
    text = (HERE / "loihi1.toml").read_text()
    Path("limits.toml").write_text(
        text.replace("compartments = 1024", "compartments = 512")
    )
    with Path("pyproject.toml").open("a") as file:
        file.write('device = "limits.toml"\n')
    assert run("limits").stdout != limits
    assert run("limits", "--device", "loihi1").stdout == limits


def test_allowed_warnings_are_not_shown() -> None:
    Path("nets/small.snn").write_text(WARNED)
    assert "SNN509" in run("check").stderr
    with Path("pyproject.toml").open("a") as file:
        file.write("allow = ['snn509']\n")
    for form in ("text", "json"):
        done = run("check", "--format", form)
        assert "SNN509" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec = 'nets'", "has no `spec`; did you mean `specs`?"),
        ("allow = ['SNN999']", "allow: there is no code SNN999"),
        ("specs = 3", "write texts in quotes"),
        ("device = 'none'", "none: "),
        ("specs = [", "not valid TOML"),
    ],
)
def test_wrong_settings_are_refused(text: str, message: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.snnc]\n{text}\n")
    done = run("check")
    assert done.returncode == 2
    assert message in done.stderr


def test_a_check_ends_with_what_is_not_up_to_date() -> None:
    assert run("build").returncode == 0
    Path("nets/broken.snn").write_text("snn 2\nnetwork broken { conv }\n")
    Path("nets/small.snn").write_text(SMALL.replace("filters 3", "filters 4", 1))
    lines = run("build", "--check").stderr.splitlines()
    assert lines[-1] == "not up to date: nets/broken.snn, built/small"
    Path("nets/broken.snn").unlink()
    Path("nets/small.snn").unlink()
    lines = run("build", "--check", "--allow-empty").stderr.splitlines()
    assert lines[-1] == "not up to date: built/small"


def test_a_check_does_not_repeat_warnings_of_unchanged_specs() -> None:
    Path("nets/small.snn").write_text(WARNED)
    assert "warning[" in run("build").stderr
    assert "warning[" not in run("build", "--check").stderr
    Path("nets/small.snn").write_text(WARNED.replace("filters 3", "filters 4", 1))
    assert "warning[" in run("build", "--check").stderr


def test_the_status_of_a_spec_follows_its_package_and_weights() -> None:
    def cells() -> list[str]:
        return run("status").stdout.splitlines()[1].split("  ")

    assert "not built" in run("status").stdout
    assert run("build").returncode == 0
    assert "up to date" in run("status").stdout
    assert "none" in cells()
    save(Path("old.safetensors"), SMALL, weights_of(SMALL))
    save(Path("w.best.safetensors"), SMALL, weights_of(SMALL))
    assert "old.safetensors" in cells()
    write_file("damaged.safetensors", b"none")
    assert "old.safetensors" in cells()
    Path("nets/small.snn").write_text(SMALL.replace("filters 3", "filters 4", 1))
    assert "out of date" in run("status").stdout
    assert "none" in cells()


def test_status_shows_the_accuracy_of_the_last_evaluation() -> None:
    weights = Path("w.safetensors")
    save(weights, SMALL, weights_of(SMALL))
    assert "%" not in run("status").stdout
    record_accuracy(weights, 0.975)
    assert "97.5 %" in run("status").stdout
    save(weights, SMALL, weights_of(SMALL, 0.5))
    assert "%" not in run("status").stdout
    record_path(weights).write_text("damaged")
    assert "%" not in run("status").stdout

"""A folder with a spec that was built, and what can become of it."""

import os
import re
import shutil
from pathlib import Path

from snnc import __version__
from snnc.emit.files import FORMAT
from tests.commands import Done, run
from tests.support import network

SPEC = network(
    """
  input image 8x8x1 in 0..1
  encode conv { filters 2 }
  conv2d a { filters 4 }
  readout y { classes 2 }
  train { epochs 3 }
    """
)
EXPECTED = Path(__file__).parent / "building"


def spec_named(name: str) -> str:
    return SPEC.replace("network net", f"network {name}")


def build(*options: str, spec: str = "net.snn", cwd: Path | None = None) -> Done:
    return run("build", spec, *options, cwd=cwd)


def rewrite(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def package() -> dict[str, tuple[bytes, int]]:
    """Return the contents and times of all files of all packages."""
    found = files("models")
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in found}


def files(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def user_text(done: Done) -> str:
    """Return what a user reads, without times and numbers of files."""
    return re.sub(r"\d+ (ms|files)", r"N \1", done.stderr)


def stale() -> None:
    rewrite("net.snn", "epochs 3", "epochs 4")


def edited() -> None:
    rewrite("models/net/train.py", "epochs=3", "epochs=5")


def missing() -> None:
    Path("models/net/layout.py").unlink()


def never_built() -> None:
    shutil.rmtree("models/net")


def interrupted() -> None:
    before = Path("models/net/snnc.lock").read_text()
    stale()
    build()
    Path("models/net/snnc.lock").write_text(before)


def killed() -> None:
    rewrite(
        "models/net/snnc.lock", '  "format"', '  "writing": {"a.py": ""},\n  "format"'
    )


def left_over() -> None:
    rewrite("models/net/snnc.lock", '"py.typed"', '"evil.txt"')
    os.rename("models/net/py.typed", "models/net/evil.txt")


def foreign() -> None:
    Path("models/net/train.py").write_text("mine = True\n")
    rewrite("models/net/snnc.lock", '"train.py"', '"other.py"')


def removed() -> None:
    """Build a second spec, and lose it."""
    Path("gone.snn").write_text(spec_named("second"))
    build(spec="gone.snn")
    Path("gone.snn").unlink()


def renamed() -> None:
    rewrite("net.snn", "network net", "network other")
    build("--output", "elsewhere")


def edited_left_over() -> None:
    edited()
    rewrite("net.snn", "network net", "network other")
    build()


def lost() -> None:
    """Lose the lock, and change the spec."""
    Path("models/net/snnc.lock").unlink()
    stale()


def damaged() -> None:
    rewrite("models/net/snnc.lock", '"format"', '"fromat"')


def newer() -> None:
    rewrite("models/net/snnc.lock", f'"format": {FORMAT}', '"format": 99')
    rewrite("models/net/snnc.lock", f'"snnc": "{__version__}"', '"snnc": "9.9"')


def older() -> None:
    rewrite("models/net/snnc.lock", f'"format": {FORMAT}', '"format": 1')
    rewrite("models/net/snnc.lock", f'"snnc": "{__version__}"', '"snnc": "0.1.0"')
    stale()


def merging() -> None:
    rewrite("models/net/snnc.lock", "{\n", "<<<<<<< ours\n=======\n>>>>>>> theirs\n{\n")

"""A build answers for any package folder, and loses nothing of the user's.

The lock and the modules are drawn: from two builds, one perhaps interrupted, from a
merge, edited, or damaged anywhere. The folder also holds files of the user.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.emit import GeneratedFile
from snnc.emit.files import FORMAT, has_conflict, is_generated
from snnc.output.lock import NAME, text_hash
from snnc.output.package import MARKER, PackageFiles
from snnc.output.stale import difference, find_orphans, find_renamed, problems
from snnc.output.write import compare, write_package
from tests.fuzz.harness import fuzz, processor_time, seed_paths
from tests.fuzz.mutate import mutated_bytes
from tests.output.packages import LIBRARY_TEXT, ORIGIN, files

pytestmark = pytest.mark.slow

LONGEST = 10.0
EDIT = "edited_by_hand = True\n"
MINE = {
    "models/mine.txt": "mine\n",
    "models/net/mine.py": "mine = True\n",
    "models/net/notes.txt": "mine\n",
    "models/net/_runtime/mine.py": "mine = True\n",
    "models/other/mine.py": "mine = True\n",
    "specs/a.snn": "mine\n",
}


def package(folder: Path, number: int) -> PackageFiles:
    """Return what the build of a spec should write; each number is another spec."""
    odd = {"odd": "Z = 3\n"} if number % 2 else {}
    library = GeneratedFile("_runtime/a.py", f"{LIBRARY_TEXT}X = {number % 2}\n")
    written = [*files(f"X = {number}\n", **odd), library]
    return PackageFiles.of(folder, written, str(number) * 64, ORIGIN)


def _lock(number: int) -> str:
    return package(Path(), number).lock_text({}) or ""


def _interrupted_lock(number: int) -> str:
    """Return the lock of one build while the next is being written."""
    lock, later = package(Path(), number).lock, package(Path(), number + 1)
    writing = {file.path: text_hash(file.text) for file in later.files}
    return replace(lock, writing=writing).text()


def _conflict(ours: str, theirs: str) -> str:
    return f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> topic\n"


LOCKS = [
    *map(_lock, (1, 2)),
    *map(_interrupted_lock, (1, 2)),
    _lock(1).replace(f'"format": {FORMAT}', '"format": 1'),
    _lock(1).replace(f'"format": {FORMAT}', '"format": 99'),
    _lock(1).replace('"specs/a.snn"', '"gone.snn"'),
    _lock(1).replace('"models"', '"."'),
    _lock(1).replace('"a.py"', '"mine.py"'),
    _conflict(_lock(1), _lock(2)),
    "",
]
NAMES = ("a.py", "b.py", "odd.py", "py.typed", "_runtime/a.py")
TEXTS = {
    name: [
        text
        for number in (1, 2, 3)
        for file in package(Path(), number).files
        if file.path == name
        for text in (file.text, file.text + EDIT, _conflict(file.text, EDIT))
    ]
    for name in NAMES
}


def _bytes(samples: list[str]) -> st.SearchStrategy[bytes | None]:
    """Draw one of some texts as it is, damaged, or no file at all."""
    encoded = [sample.encode() for sample in samples]
    return st.one_of(st.sampled_from(encoded), mutated_bytes(encoded), st.none())


FOLDERS = st.fixed_dictionaries(
    {
        NAME: _bytes(LOCKS),
        MARKER: st.sampled_from([None, b""]),
        **{name: _bytes(texts) for name, texts in TEXTS.items()},
    }
)


def fill(root: Path, found: dict[str, bytes | None]) -> None:
    everything = {f"models/net/{name}": data for name, data in found.items()}
    everything |= {name: text.encode() for name, text in MINE.items()}
    for name, data in everything.items():
        if data is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)


def texts(root: Path) -> dict[str, str]:
    """Return the texts that a build may have to keep, read as a build reads them."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            found[path.relative_to(root).as_posix()] = text
    return found


def is_users(name: str, text: str) -> bool:
    """Return whether a file holds what only a user can have written."""
    return name in MINE or (EDIT in text and not has_conflict(text))


def build(root: Path, number: int, force: bool) -> bool:
    """Build as the verb does, orphans included; whether nothing was wrong."""
    report = Diagnostics()
    wanted = package(root / "models" / "net", number)
    command = "snnc build specs/a.snn"
    for problem in problems(compare(wanted), ORIGIN.spec, wanted.lock, command):
        report.add(problem)
    difference(compare(wanted))
    render(report.diagnostics)
    report = Diagnostics()
    if write_package(wanted, report, force=force) is None or report.errors:
        assert report.errors, "a refusal without a reason"
        render(report.diagnostics)
        return False
    output = root / "models"
    for orphan, _ in (*find_renamed(wanted), *find_orphans(output)):
        if orphan.folder != wanted.folder:
            write_package(orphan, report, force=force)
    assert compare(wanted).is_settled
    return not report.errors


def check(found: dict[str, bytes | None], number: int) -> None:
    with tempfile.TemporaryDirectory() as folder, processor_time(LONGEST):
        root = Path(folder)
        fill(root, found)
        before = texts(root)
        lock = before.get(f"models/net/{NAME}", "")
        build(root, number, force=False)
        after = texts(root)
        for name, text in before.items():
            if is_users(name, text) and not has_conflict(lock):
                assert after.get(name) == text, name
        forced = build(root, number, force=True)
        last = texts(root)
        assert {name: last.get(name) for name in MINE} == MINE
        for name, text in before.items():
            listed = name.removeprefix("models/net/") in NAMES
            if not (listed or is_generated(text) or name.endswith((NAME, MARKER))):
                assert last.get(name) == text, name
        foreign = any(
            data is not None and not is_generated(_decode(data)) and data.strip()
            for name, data in found.items()
            if name in NAMES
        )
        assert forced or foreign, "--force mends all that is snnc's"


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


@seed_paths("packages")
def test_known_locks_are_answered(path: Path) -> None:
    check({NAME: path.read_bytes()}, 1)


@fuzz(150)
@given(FOLDERS, st.integers(1, 3))
def test_folders_are_answered(found: dict[str, bytes | None], number: int) -> None:
    check(found, number)

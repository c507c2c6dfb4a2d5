"""Count phrases that make English hard to read, and measure sentences.

    python tools/check_prose.py [--show N]

Reads Markdown, docstrings, comments and messages. For each folder it prints the hits
per 1,000 words, the mean number of words per sentence, and the share of sentences with
more than 30 words. It exits with 1 if a folder has more hits than its limit.
"""

from __future__ import annotations

import argparse
import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARTS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "snnc",
    "tests",
    "benchmarks",
)
LIMIT = 2.0
"""Hits per 1,000 words."""

FINE = "longer|more|less|fewer|need|doubt|way|sense"
COUNTED = "cores?|spikes?|bits|neurons?|blocks?|bytes|rows?|lines?"
PER = "core|chip|step|layer|neuron|block|example|image|channel|file|package"
PHRASES = {
    "write 'is not a' or 'has no'": (
        rf"(?<!\bthere )\b(?:is|are|was|were|be) no\b(?! (?:{FINE}))"
    ),
    "write 'is not' or 'has none'": r"\b(?:is|are|were) none\b",
    "write 'lacks' or 'does not have'": r"\b(?:has|have|had) not (?:an?|the|its|any)\b",
    "write 'after' or 'next to'": r"\b(?:behind|beside)\b",
    "write 'is', 'goes' or 'comes'": r"\b(?:stands?|stood)\b(?! (?:out|alone|for))",
    "write 'says', 'shows' or 'explains'": r"\b(?:tells|told|tell of|telling of)\b",
    "write 'again', 'equal' or 'so'": r"\b(?:anew|alike|hence|whereby|thereof)\b",
    "write 'instead of'": r"\bin place of\b",
    "write 'fix' or 'repair'": r"\bmend(?:s|ed|ing)?\b|\bputs? (?:it|them) right\b",
    "name the noun": r"\b(?:for|of) (?:whom|whose)\b|\bof (?:which|what)\b",
    "begin with the subject": (
        r"(?:^|(?<=[.!?] ))(?:What|Whatever|Of|Where there) [a-z](?![^.!?]*\?)"
    ),
    "give the error with its unit": r"\bgive or take\b|\boff by\b",
    "write 'per'": rf"\b(?:{COUNTED}) an? (?:{PER})\b",
    "write 'usage error'": r"\btyped wrongly\b",
    "write 'in pairs'": r"\b(?:two by two|by twos)\b",
}
PATTERNS = {why: re.compile(phrase, re.M) for why, phrase in PHRASES.items()}
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
UNREAD = re.compile(r"^(?: {4}|\t|\|[-: |]+$|<!--).*$", re.M)
CODE = re.compile(r"(`+)[^`\n]+\1")
BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.) )|\|")
END = re.compile(r"(?<=[.!?])[*)\"']*\s+(?=[A-Z\"'*(\[])|(?<=:)\s*\n")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
GENERATED = ("_build", "api.md", "commands", "json", "layers")
"""What `make docs` writes into docs."""
LONG = 30
SHORTEST = 4
"""Strings with fewer words are names and keys rather than prose."""


@dataclass
class Count:
    """The words, sentences and hits of some files."""

    words: int = 0
    sentences: list[int] = field(default_factory=list)
    hits: list[str] = field(default_factory=list)

    def add(self, place: str, prose: str) -> None:
        """Count one piece of prose."""
        text = CODE.sub("X", prose)
        self.words += len(WORD.findall(text))
        for paragraph in BREAK.split(text):
            for sentence in END.split(paragraph):
                length = len(WORD.findall(sentence))
                if length >= SHORTEST:
                    self.sentences.append(length)
        joined = re.sub(r"(?<=\S)\n[ \t]*(?=\S)", " ", text)
        for why, pattern in PATTERNS.items():
            for match in pattern.finditer(joined):
                near = joined[max(match.start() - 30, 0) : match.end() + 30]
                self.hits.append(f"{place}: {' '.join(near.split())} ({why})")

    @property
    def rate(self) -> float:
        """Return the hits per 1,000 words."""
        return 1000 * len(self.hits) / max(self.words, 1)

    def line(self, name: str) -> str:
        """Return the numbers of a folder in one line."""
        mean = sum(self.sentences) / max(len(self.sentences), 1)
        long = sum(length > LONG for length in self.sentences)
        share = 100 * long / max(len(self.sentences), 1)
        limit = f"(at most {LIMIT:g})"
        sentences = f"mean sentence {mean:.1f} words, {share:.1f} % over {LONG}"
        return f"{name:16} {self.rate:5.1f} hits per 1,000 words {limit}, {sentences}"


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line number and the text of each piece of prose in a file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield 1, UNREAD.sub("", FENCE.sub("", text))
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            prose = node.value
            if len(prose.split()) >= SHORTEST:
                yield node.lineno, prose
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT and len(token.string.split()) > SHORTEST:
                yield token.start[0], token.string.lstrip("# ")


def files_of(name: str) -> Iterator[Path]:
    """Yield the files that people write."""
    path = ROOT / name
    if path.is_file():
        yield path
        return
    for file in sorted([*path.rglob("*.md"), *path.rglob("*.py")]):
        parts = file.relative_to(ROOT).parts
        if parts[0] != "docs" or parts[1] not in GENERATED:
            yield file


def count(name: str) -> Count:
    """Count the prose of a folder or a file."""
    found = Count()
    for path in files_of(name):
        for line, prose in prose_of(path):
            found.add(f"{path.relative_to(ROOT)}:{line}", prose)
    return found


def main() -> int:
    """Print one line per folder; return 1 if one is above the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N hits")
    show = parser.parse_args().show
    failed = False
    for name in PARTS:
        found = count(name)
        print(found.line(name))
        above = found.rate > LIMIT
        failed |= above
        for hit in found.hits[: show or (10 if above else 0)]:
            print(f"  {hit}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())

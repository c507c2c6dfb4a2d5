"""Read the first two lines of a file: the edition and the network."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.keywords import HEADERS, KINDS
from snnc.source import SourceFile, Span
from snnc.syntax.build import Token
from snnc.syntax.foreign import find_hyphens
from snnc.syntax.lexical import problem_of
from snnc.text.near import closest

EDITION = 1


class SpecHeader:
    """Read ``snn 1`` and ``network NAME {`` from the first tokens of a file."""

    def __init__(
        self, source: SourceFile, report: Diagnostics, tokens: Sequence[Token]
    ) -> None:
        self.source = source
        self.report = report
        self.tokens = tokens
        self.index = 0

    def read(self) -> tuple[tree.Number | None, tree.Word | None, Token | None, int]:
        """Return the edition, the network, its ``{`` and the index after it."""
        self._skip_lines()
        if self._peek() is None:
            self.report.add(rules.syntax.NothingHere(span=self.source.end))
        elif not any(t.type == "NAME" and t in HEADERS for t in self.tokens):
            self._report_edition(self._here(), fixable=False)
        else:
            edition = self._edition()
            network, opener = self._network()
            return edition, network, opener, self.index
        return None, None, None, len(self.tokens)

    def _peek(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def _take(self, kind: str, text: str | None = None) -> Token | None:
        """Consume the next token if it has the given type and text."""
        token = self._peek()
        if token is None or token.type != kind or text not in (None, str(token)):
            return None
        self.index += 1
        return token

    def _skip_lines(self) -> None:
        while self._take("NEWLINE"):
            pass

    def _skip_until(self, *kinds: str) -> None:
        while (token := self._peek()) and token.type not in kinds:
            self.index += 1

    def _skip_to_network(self) -> None:
        """Skip the tokens before the line of the network, if there is one."""
        for index in range(self.index, len(self.tokens)):
            begins = index == 0 or self.tokens[index - 1].type == "NEWLINE"
            if begins and self.tokens[index] == "network":
                self.index = index
                return

    def _here(self) -> Span:
        token = self._peek()
        return self.source.end if token is None else token.span

    def _describe_next(self) -> str:
        token = self._peek()
        if token is None:
            return "the end of the file"
        return "the end of the line" if token.type == "NEWLINE" else f"`{token[:30]}`"

    def _report_edition(self, here: Span, fixable: bool) -> None:
        fix = Fix(here.before, f"snn {EDITION}\n\n") if fixable else None
        self.report.add(rules.syntax.MissingEdition(span=here, latest=EDITION, fix=fix))

    def _edition(self) -> tree.Number | None:
        word = self._take("NAME", "snn")
        number = self._take("NUMBER") if word else None
        if number is None:
            here = self._here() if word is None else word.span
            self._report_edition(here, fixable=self._is_network())
            self._skip_to_network()
            return None
        if number == str(EDITION):
            return tree.Number(EDITION, number.span)
        fix = Fix(number.span, str(EDITION), unsafe=True)
        self.report.add(
            rules.syntax.UnknownEdition(
                span=number.span, edition=number[:20], latest=EDITION, fix=fix
            )
        )
        return None

    def _is_network(self) -> bool:
        """Return whether the next line has ``network`` and a ``{``."""
        rest = self.tokens[self.index :]
        line = takewhile(lambda token: token.type != "NEWLINE", rest)
        return self._peek() == "network" and any(t.type == "LBRACE" for t in line)

    def _network(self) -> tuple[tree.Word | None, Token | None]:
        self._skip_lines()
        if not self._take("NAME", "network"):
            self.report.add(self._no_network())
            self._skip_to_network()
            if not self._take("NAME", "network") and not self._is_misspelt():
                return None, None
        name = self._take("NAME")
        if name is None:
            self._expect(
                "a name for the network", "write, for example, `network digits {`"
            )
        elif problem := find_hyphens(name.span):
            self.report.add(problem)
            self._skip_until("NEWLINE", "LBRACE")
        opener = self._take("LBRACE")
        if opener is None and name is not None:
            self._expect("`{`", f"write `network {name} {{`")
        if opener is None:
            self._skip_until("NEWLINE")
        return (None if name is None else tree.Word(str(name), name.span)), opener

    def _expect(self, expected: str, advice: str) -> None:
        """Report that the next token is not the expected one."""
        self.report.add(
            rules.syntax.UnexpectedText(
                span=self._here(),
                expected=expected,
                found=self._describe_next(),
                advice=advice,
            )
        )

    def _is_misspelt(self) -> bool:
        """Consume the misspelt first word of ``netwrok NAME {``."""
        ahead = self.tokens[self.index : self.index + 3]
        if [token.type for token in ahead] != ["NAME", "NAME", "LBRACE"]:
            return False
        self.index += ahead[0] not in KINDS
        return ahead[0] not in KINDS

    def _no_network(self) -> Diagnostic:
        """Describe the word that appears instead of `network`."""
        token = self._peek()
        if token is not None and (problem := problem_of((token,))):
            return problem
        near = closest((token or "").lower(), ("network",))
        return rules.syntax.MissingNetwork(span=self._here(), near=near)

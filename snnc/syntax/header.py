"""Read the first two lines of a file: the edition and the network."""

from __future__ import annotations

from itertools import takewhile

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.keywords import HEADERS, KINDS
from snnc.source import SourceFile, Span
from snnc.syntax.build import Builder
from snnc.syntax.foreign import find_hyphens
from snnc.syntax.lexical import problem_of
from snnc.text.near import closest

EDITION = 1


class SpecHeader:
    """Read ``snn 1`` and ``network NAME {`` from the first tokens of a file."""

    def __init__(
        self, source: SourceFile, report: Diagnostics, tokens: list[Token]
    ) -> None:
        self.source = source
        self.report = report
        self.tokens = tokens
        self.index = 0
        self.builder = Builder(source)

    def read(self) -> tuple[tree.Number | None, tree.Word | None, Token | None, int]:
        """Return the edition, the network, its ``{`` and the index after it."""
        self._skip_lines()
        if self._peek() is None:
            self.report.add(rules.syntax.NothingHere(span=self._end()))
            return None, None, None, len(self.tokens)
        if not any(t.type == "NAME" and t in HEADERS for t in self.tokens):
            self._report_edition(self._here(), fixable=False)
            return None, None, None, len(self.tokens)
        edition = self._edition()
        network, opener = self._network()
        return edition, network, opener, self.index

    def _peek(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def _take(self, kind: str, text: str | None = None) -> Token | None:
        """Consume the next token if it has the given type and text."""
        token = self._peek()
        if token is None or token.type != kind or text not in (None, str(token)):
            return None
        self.index += 1
        return token

    def _is_misspelt(self) -> bool:
        """Consume the misspelt first word of ``netwrok NAME {``."""
        ahead = self.tokens[self.index : self.index + 3]
        if [token.type for token in ahead] != ["NAME", "NAME", "LBRACE"]:
            return False
        self.index += ahead[0] not in KINDS
        return ahead[0] not in KINDS

    def _is_network(self) -> bool:
        """Return whether the next line has ``network`` and a ``{``."""
        rest = self.tokens[self.index :]
        line = takewhile(lambda token: token.type != "NEWLINE", rest)
        return self._peek() == "network" and any(t.type == "LBRACE" for t in line)

    def _skip_to_network(self) -> None:
        """Skip the tokens before the line of the network, if there is one."""
        for index in range(self.index, len(self.tokens)):
            begins = index == 0 or self.tokens[index - 1].type == "NEWLINE"
            if begins and self.tokens[index] == "network":
                self.index = index
                return

    def _skip_lines(self) -> None:
        while self._take("NEWLINE"):
            pass

    def _end(self) -> Span:
        end = len(self.source.text.rstrip())
        return Span(self.source, end, end)

    def _here(self) -> Span:
        token = self._peek()
        return self._end() if token is None else self.builder.span(token)

    def _report_edition(self, here: Span, fixable: bool) -> None:
        start = Span(self.source, here.start, here.start)
        fix = Fix(start, f"snn {EDITION}\n\n") if fixable else None
        self.report.add(rules.syntax.MissingEdition(span=here, latest=EDITION, fix=fix))

    def _edition(self) -> tree.Number | None:
        word = self._take("NAME", "snn")
        number = self._take("NUMBER") if word else None
        if number is None:
            here = self._here() if word is None else self.builder.span(word)
            self._report_edition(here, fixable=self._is_network())
            self._skip_to_network()
            return None
        span = self.builder.span(number)
        if number != str(EDITION):
            fix = Fix(span, str(EDITION), unsafe=True)
            self.report.add(
                rules.syntax.UnknownEdition(
                    span=span, edition=number[:20], latest=EDITION, fix=fix
                )
            )
            return None
        return tree.Number(EDITION, span)

    def _skip_rest_of_line(self) -> None:
        while (token := self._peek()) and token.type != "NEWLINE":
            self.index += 1

    def _network(self) -> tuple[tree.Word | None, Token | None]:
        self._skip_lines()
        word = self._take("NAME", "network")
        if word is None:
            self.report.add(self._no_network())
            self._skip_to_network()
            if not self._take("NAME", "network") and not self._is_misspelt():
                return None, None
        name = self._take("NAME")
        if name and (problem := find_hyphens(self.source, name.start_pos or 0)):
            self.report.add(problem)
            self._skip_to_brace()
        if name is None:
            self.report.add(
                rules.syntax.UnexpectedText(
                    span=self._here(),
                    expected="a name for the network",
                    found=self._describe_next(),
                    advice="write, for example, `network digits {`",
                )
            )
        opener = self._take("LBRACE")
        if opener is None and name is not None:
            self.report.add(
                rules.syntax.UnexpectedText(
                    span=self._here(),
                    expected="`{`",
                    found=self._describe_next(),
                    advice=f"write `network {name} {{`",
                )
            )
        if opener is None:
            self._skip_rest_of_line()
        return (None if name is None else self.builder.word(name)), opener

    def _no_network(self) -> Diagnostic:
        """Describe the word that appears instead of `network`."""
        token, here = self._peek(), self._here()
        if token is not None and (problem := problem_of((token,), self.source)):
            return problem
        near = closest((token or "").lower(), ("network",))
        return rules.syntax.MissingNetwork(span=here, near=near)

    def _skip_to_brace(self) -> None:
        while (token := self._peek()) and token.type not in ("NEWLINE", "LBRACE"):
            self.index += 1

    def _describe_next(self) -> str:
        token = self._peek()
        if token is None:
            return "the end of the file"
        return "the end of the line" if token.type == "NEWLINE" else f"`{token[:30]}`"

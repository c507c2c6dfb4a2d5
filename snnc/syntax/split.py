"""Split the tokens of a network into statements.

A statement ends with its line, or with the line on which its block closes. A kind at
the beginning of a line, or where a key is expected, always begins a statement. If
braces are open, a ``}`` is missing before the kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label
from snnc.language.keywords import BEGINNINGS, HEADERS, KEYS, KINDS, VARIANTS
from snnc.source import Span
from snnc.syntax.build import CLOSERS, OPENERS, Token, Tokens

_SEPARATORS = frozenset(("NEWLINE", "COMMA"))
_ENDINGS = frozenset(("RBRACE", "NUMBER", "DIMS", "RANGE", "STRING"))
_CLOSER_TYPES = {"}": "RBRACE", "]": "RSQB"}
_CLOSER_OF = {"{": "}", "[": "]"}
_DEEPEST = 16
"""The most open brackets; later passes read nested values recursively."""


@dataclass(frozen=True)
class OpenBracket:
    """A bracket that is not closed yet.

    ``owner`` are the words before the bracket: a kind with its variant, a key, or a key
    with the word whose settings are in the block. ``keys`` are the keys in the block.
    """

    token: Token
    owner: tuple[Token, ...]
    keys: list[Token] = field(default_factory=list)


class StatementTokens:
    """The tokens of one statement, and the brackets and the key that are open.

    A ``broken`` statement can't be parsed, which was reported. In a ``repaired`` one, a
    missing brace was reported and added; further errors probably follow from it.
    ``brackets`` are the open brackets, outermost first. ``key`` is the key whose value
    comes next. ``last`` holds the key and the value of the last complete property.
    """

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        self.tokens: list[Token] = []
        self.broken = self.repaired = False
        self.brackets: list[OpenBracket] = []
        self.key: Token | None = None
        self.last: tuple[Token, Token] | None = None
        for token in tokens:
            self.push(token)

    @property
    def has_open_quote(self) -> bool:
        return any(token.type == "UNTERMINATED" for token in self.tokens)

    @property
    def in_block(self) -> bool:
        return bool(self.brackets) and self.brackets[-1].token.type == "LBRACE"

    def push(self, token: Token) -> None:
        """Add a token."""
        if token.type in OPENERS:
            self.brackets.append(OpenBracket(token, self._owner))
            self.key = self.last = None
        elif token.type in CLOSERS:
            if token.type == "RBRACE" or not self.in_block:
                del self.brackets[-1:]
                self.key = self.last = None
        elif self.in_block:
            self._push_in_block(token)
        self.tokens.append(token)

    @property
    def _owner(self) -> tuple[Token, ...]:
        """The words before the next token that would own a block."""
        if not self.brackets:
            has_variant = bool(self.tokens) and self.tokens[0] in VARIANTS
            return tuple(self.tokens[: 2 if has_variant else 1])
        return (self.last or ()) if self.key is None else (self.key,)

    def _push_in_block(self, token: Token) -> None:
        if token.type in _SEPARATORS:
            self.key = None
        elif token.type == "UNIT":
            pass  # a part of the value before it
        elif self.key is not None:
            self.last = (self.key, token)
            self.key = None
        # `from` is a key only in nested settings, such as in `pes`.
        elif token.type == "NAME" or (token.type == "FROM" and len(self.brackets) > 1):
            self.key = token
            self.brackets[-1].keys.append(token)

    def close(self, down_to: str | None = None) -> None:
        """Add the closing brackets that the text lacks."""
        while self.brackets and self.brackets[-1].token.type != down_to:
            self.close_innermost()

    def close_innermost(self) -> None:
        """Add the closing bracket of the innermost open one."""
        last = self.tokens[-1]
        # The span of a line end is empty.
        end = last.span.end + (last.type == "NEWLINE")
        place = Span(last.span.source, end, end)
        self.push(Token(OPENERS[self.brackets[-1].token.type], "", place))


def split(
    report: Diagnostics, tokens: Tokens, opener: Token | None
) -> list[StatementTokens]:
    """Return the statements after the network's ``{``, which is None if missing.

    Report errors in the braces. For an unclosed text, omit the lines after the first,
    up to the closing quote.
    """
    pieces = _Splitter(report, tokens).split(opener)
    statements = []
    index = 0
    while index < len(pieces):
        statements.append(pieces[index])
        index = _end_of_text(pieces, index) + 1
    return statements


def _end_of_text(pieces: list[StatementTokens], index: int) -> int:
    if not pieces[index].has_open_quote:
        return index
    for end in range(index + 1, len(pieces)):
        if str(pieces[end].tokens[0]) in KINDS:
            break
        if pieces[end].has_open_quote:
            return end
    return index


def _last_word(tokens: Tokens) -> Token | None:
    return next((t for t in reversed(tokens) if t.type != "NEWLINE"), None)


def _gap(before: Token, after: Token) -> Span:
    return Span(after.span.source, before.span.end, after.span.start)


def block_below(last: Token, opener: Token) -> Diagnostic:
    """Describe a ``{`` on a line below its statement, of which ``last`` is the end."""
    gap = _gap(last, opener)
    fix = None if gap.text.strip() else Fix(gap, " ")
    return rules.syntax.BlockOnNextLine(span=opener.span, fix=fix)


def _stray_brace(current: StatementTokens, token: Token) -> Diagnostic | None:
    """Describe a brace that closes no block, or that opens one without a statement."""
    fix = Fix(token.span, "")
    if not current.brackets and token.type == "RBRACE":
        return rules.syntax.UnmatchedBrace(span=token.span, closer="}", fix=fix)
    if current.tokens or token.type != "LBRACE":
        return None
    return rules.syntax.UnexpectedText(
        span=token.span,
        expected="a statement",
        found="`{`",
        advice="remove it",
        fix=fix,
    )


def _close_inside(current: StatementTokens, text: Token) -> None:
    """Close the brackets whose closing ones are at the end of an unclosed text."""
    # After an open quote, the lexer reads the rest of the line as text.
    end = takewhile(lambda c: c in "]}," or c.isspace(), reversed(text))
    closers = [_CLOSER_TYPES[c] for c in end if c in _CLOSER_TYPES]
    for closer in reversed(closers):
        if current.brackets and OPENERS[current.brackets[-1].token.type] == closer:
            current.close_innermost()


# Lark could recover from errors itself, but would drop tokens of the statements around
# an error. Cutting first keeps an error in its statement (decision 001).
class _Splitter:
    def __init__(self, report: Diagnostics, tokens: Tokens) -> None:
        self._report = report
        self._tokens = tokens
        self._pieces: list[StatementTokens] = []
        self._current = StatementTokens()
        self._following, self._surplus, self._closes = _look_ahead(tokens)
        self._groups = 0

    def split(self, opener: Token | None) -> list[StatementTokens]:
        ended = False
        for index, token in enumerate(self._tokens):
            if self._closes_group(token):
                self._flush()
                self._groups -= 1
            elif not ended and self._is_end(index, token):
                self._flush()
                ended = True
                if not self._goes_on(index):
                    return self._pieces
            else:
                self._take(index, token)
        self._flush()
        if opener is not None and not ended:
            last = _last_word(self._tokens) or opener
            self._report_open(opener, last, "the end of the file", apart="\n")
        return self._pieces

    def _closes_group(self, token: Token) -> bool:
        """Return whether a token closes the ignored block of an unknown statement."""
        in_group = self._groups > 0 and not self._current.brackets
        return in_group and token.type == "RBRACE"

    def _report_open(
        self, opener: Token, last: Token, before: str, apart: str = " "
    ) -> None:
        """Report a bracket that is not closed after ``last``."""
        closer = _CLOSER_OF[opener]
        place = last.span.after
        problem = rules.syntax.MissingBrace(
            span=place,
            closer=closer,
            opener=str(opener),
            before=before,
            related=(Label(opener.span, "opened here"),),
            fix=Fix(place, f"{apart}{closer}"),
        )
        self._report.add(problem)

    def _is_end(self, index: int, token: Token) -> bool:
        """Return whether a token is the network's ``}``, not a superfluous brace."""
        if token.type != "RBRACE":
            return False
        if self._current.brackets:
            return self._closes_early(index, token)
        following = self._following[index]
        another = following is not None and following in HEADERS
        # If more `}` than `{` follow, one of those ends the network.
        return another or self._surplus[index] <= 0

    def _goes_on(self, index: int) -> bool:
        """Report text after the network; return whether it is a statement."""
        following = self._following[index]
        if following is None:
            return False
        second = following in HEADERS
        rule = rules.syntax.SecondNetwork if second else rules.syntax.TextAfterEnd
        self._report.add(rule(span=following.span))
        return following in KINDS

    def _closes_early(self, index: int, token: Token) -> bool:
        """Return whether the file's last ``}``, indented less, ends the network."""
        is_first = self._tokens[index - 1].type == "NEWLINE"
        if not is_first or len(self._current.brackets) != 1:
            return False
        first = self._current.tokens[0]
        is_last = all(each.type != "RBRACE" for each in self._tokens[index + 1 :])
        return is_last and token.span.first.column < first.span.first.column

    def _take(self, index: int, token: Token) -> None:
        current = self._current
        is_key = current.in_block and current.key is None
        is_kind = token.type == "NAME" and token in BEGINNINGS
        # A kind always begins a statement, whatever is open (decision 001).
        if is_kind and (is_key or _begins_line(self._tokens, index)):
            if self._opens_group(index):
                self._groups += len(current.brackets)
                current.close()
            self._flush()
        elif self._follows_statement(token):
            fix = Fix(_gap(current.tokens[-1], token), "\n")
            rule = rules.syntax.OneLineEach
            kind = str(token)
            self._report.add(rule(span=token.span, kind=kind, fix=fix))
            self._flush()
        elif self._lacks_opener(index, token):
            last = current.tokens[-1]
            place = last.span.after
            problem = rules.syntax.MissingOpeningBrace(
                span=place, before=str(last), fix=Fix(place, " {")
            )
            self._report.add(problem)
            current.repaired = True
            current.push(Token("LBRACE", "{", place))
        self._push(index, token)

    def _push(self, index: int, token: Token) -> None:
        current = self._current
        if not current.brackets and token.type == "NEWLINE":
            self._end_line(index)
            return
        if stray := _stray_brace(current, token):
            self._report.add(stray)
            return
        if token.type == "RBRACE" and not current.in_block:
            self._close_open("LBRACE", "`}`")
        if token.type in OPENERS and len(current.brackets) == _DEEPEST:
            self._report.add(rules.syntax.TooDeep(span=token.span, limit=_DEEPEST))
            current.broken = True
        current.push(token)
        if token.type == "UNTERMINATED":
            _close_inside(current, token)

    def _opens_group(self, index: int) -> bool:
        """Return whether the closed block of an unknown statement contains statements.

        Then the block is ignored, so that the unknown word causes only one error.
        """
        tokens = self._current.tokens
        last = _last_word(tokens)
        if last is None or last.type != "LBRACE" or tokens[0] in KINDS | HEADERS:
            return False
        return self._surplus[index] > self._groups + len(self._current.brackets)

    def _lacks_opener(self, index: int, token: Token) -> bool:
        """Return whether the next token is the first key of a block without ``{``."""
        tokens = self._current.tokens
        if self._current.brackets or not tokens or tokens[-1].type != "NAME":
            return False
        key = token if token.type != "NEWLINE" else self._following[index]
        # A superfluous `}` before the next statement shows that a block was meant.
        if key is None or key not in KEYS or not self._closes[index]:
            return False
        has_block = any(token.type in OPENERS for token in tokens)
        return tokens[0] in BEGINNINGS and not has_block

    def _follows_statement(self, token: Token) -> bool:
        current = self._current
        if current.brackets or not current.tokens or token.type != "NAME":
            return False
        return token in KINDS and current.tokens[-1].type in _ENDINGS

    def _end_line(self, index: int) -> None:
        following = self._following[index] if self._current.tokens else None
        if following is None or following.type != "LBRACE":
            self._flush()
        elif self._tokens[index + 1] is following:
            self._report.add(block_below(self._current.tokens[-1], following))

    def _flush(self) -> None:
        """End the current statement, and close its open brackets."""
        tokens = self._current.tokens
        while tokens and tokens[-1].type == "NEWLINE":
            tokens.pop()
        if tokens:
            self._close_open(None, "the next statement")
            self._pieces.append(self._current)
        self._current = StatementTokens()

    def _close_open(self, down_to: str | None, before: str) -> None:
        """Report the innermost open bracket, and close all open brackets."""
        current = self._current
        if current.brackets and current.brackets[-1].token.type != down_to:
            opener = current.brackets[-1].token
            if not current.broken:
                last = _last_word(current.tokens) or opener
                self._report_open(opener, last, before)
                current.repaired = True
        current.close(down_to)


def _look_ahead(tokens: Tokens) -> tuple[list[Token | None], list[int], list[bool]]:
    """Find what follows each token, in one pass.

    Return, for each token, the next token that is not a line end; the number of ``}``
    after it, less the number of ``{``; and whether a superfluous ``}`` comes before the
    next statement. The last ``}`` of the file closes the network.
    """
    # From the end, since looking ahead from each token would take quadratic time.
    following: list[Token | None] = [None] * len(tokens)
    surplus = [0] * len(tokens)
    closes = [False] * len(tokens)
    after: Token | None = None
    count = 0
    last: int | None = None
    unmatched: list[int] = []  # the `}` of this statement, the nearest last
    for index in reversed(range(len(tokens))):
        token = tokens[index]
        following[index] = after
        surplus[index] = count
        if token.type != "NEWLINE":
            after = token
        if token.type == "RBRACE":
            count += 1
            last = index if last is None else last
            unmatched.append(index)
        elif token.type == "LBRACE":
            count -= 1
            del unmatched[-1:]
        elif _begins_line(tokens, index):
            unmatched.clear()
        closes[index] = bool(unmatched) and unmatched[-1] != last
    return following, surplus, closes


def _begins_line(tokens: Tokens, index: int) -> bool:
    """Return whether a token is a kind of statement and first on its line."""
    token = tokens[index]
    first = index == 0 or tokens[index - 1].type == "NEWLINE"
    return first and token.type == "NAME" and token in BEGINNINGS

"""Comments keep their words and their places."""

from __future__ import annotations

from snnc.diagnostics import Diagnostics
from snnc.source import SourceFile
from snnc.syntax.snn import parse_snn

TEXT = """\
#top
snn 1 # edition
network n {
  about "no # comment"  #
  #   indented \t
}
# end"""


def test_comments_are_found_in_order() -> None:
    comments = parse_snn(SourceFile("x.snn", TEXT), Diagnostics()).comments
    assert [(comment.text, comment.trailing) for comment in comments] == [
        ("top", False),
        ("edition", True),
        ("", True),
        ("  indented", False),
        ("end", False),
    ]
    spans = [comment.span.text for comment in comments]
    assert spans == ["#top", "# edition", "#", "#   indented", "# end"]


def test_a_file_of_comments_has_them_too() -> None:
    comments = parse_snn(SourceFile("x.snn", "# a\n\n# b\n"), Diagnostics()).comments
    assert [comment.text for comment in comments] == ["a", "b"]

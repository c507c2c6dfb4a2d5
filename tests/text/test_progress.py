"""Bars are shown where somebody sees them move: in the cells of notebooks too."""

import sys

import pytest

from snnc.text.progress import in_notebook, progress_bar
from tests.support import ROOT


@pytest.mark.slow
def test_progress_bar_is_shown_only_in_the_kernel(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code = "from snnc.text.progress import in_notebook\nprint(in_notebook())"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(book, timeout=60).execute()
    assert book.cells[0].outputs[0].text == "True\n"
    assert "ipykernel" in sys.modules
    assert not in_notebook()
    capsys.readouterr()
    with progress_bar(2, "examples") as move:
        move(1)
    assert capsys.readouterr() == ("", "")

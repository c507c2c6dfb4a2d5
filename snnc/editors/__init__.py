"""Colours for editors: a TextMate grammar and a Pygments lexer of the same rules."""

"""The language: its table of words, the located syntax tree, and the spec as data.

Begin at `layers` and `statements`: models, which are the table of what a spec
may say; `properties` has each property once, `table` says what an entry is. `keywords`,
`forms` and `schema` are made of it, and so are the parsers above. `tree` is what both
notations are parsed to. Imports `source` and what is below.
"""

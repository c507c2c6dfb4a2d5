"""The language: its table of words, the syntax tree with places, and the spec as data.

Read `layers` and `statements` first: their models are the table of the language.
`properties` has each property once, and `table` defines its entries. `keywords`,
`fields` and `schema` derive from the table, and so do the parsers in higher folders.
Both notations are parsed to `tree`. Imports `source` and lower folders.
"""

"""The language: its table of words, the syntax tree, and the spec as data.

Read `layers` and `model` first: their models form the language table. `properties`
defines each property once, and `models` the types of table entries. `readers` converts
values, and `names` decides which words can be names. `keywords` and `schema` derive
from the table, as do the parsers in `syntax`. Both notations are parsed into `tree`.
Imports `source` and the folders below it in the layering.
"""

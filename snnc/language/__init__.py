"""The language: keywords, the located syntax tree, and the spec as data.

Begin at `model.Spec`: pydantic models, from which `schema` makes the JSON Schema.
`tree` is what both notations are parsed to; `keywords` and `forms` say which words
stand where. Imports `diagnostics` and what is below.
"""

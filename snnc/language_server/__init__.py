"""The language server: compiler results while a user types a spec.

Start with `server`, which maps the requests of a client to functions. Each function
uses an `analysis.Analysis`, which the passes of `snnc build` produce. Completion uses
the syntax tree of the text before the cursor instead. This folder needs the extra
``lsp``. Imports `editors` and the folders below it in the layering.
"""

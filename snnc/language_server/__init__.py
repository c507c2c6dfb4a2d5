"""The language server: results of the compiler while a user types a spec.

Begin at `requests`, which maps the requests of a client to functions. Each function
uses an `analysis.Analysis`, which the passes of `snnc build` make. Completion uses the
tree of the text before the cursor instead. The package needs the extra ``lsp``. It
imports `editors` and lower packages.
"""

"""The language server: what the compiler knows of a spec, while it is typed.

Begin at `requests`, which says what a client may ask and which function answers. Each
answer is a function of an `analysis.Analysis`, made by the passes of `snnc build`, or,
for what is half written, of what the parser reads before the cursor. Needs the extra
``lsp``.
Imports `editors` and what is below.
"""

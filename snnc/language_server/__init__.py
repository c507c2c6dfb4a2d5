"""The language server: what the compiler knows of a spec, while it is typed.

Begin at `server`, which says what a client may ask, and where the answers are. Each
answer is a function of an `analysis.Analysis`, made by the passes of `snnc build`, or,
for what is half written, of the tokens before the cursor. Needs the extra ``lsp``.
"""

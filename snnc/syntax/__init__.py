"""Parse the text of a spec into a syntax tree, which is the same for all notations.

`snn` and `yaml` parse specs, `printer` and `yaml.printer` print them, and `files` reads
and replaces spec files. `split` and `explain` report syntax errors; the passes check
semantics. Imports `vocabulary` and the folders below it in the layering.
"""

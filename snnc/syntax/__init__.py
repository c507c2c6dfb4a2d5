"""Text to located syntax: the same tree for every notation of a spec.

`snn` and `yaml` parse, `printer` and `yaml.printer` write, `files` reads and replaces
spec files. `split` and `explain` report syntax errors; the passes check the meaning of
the words. Imports `vocabulary` and lower packages.
"""

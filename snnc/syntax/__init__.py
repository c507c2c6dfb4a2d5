"""Text to located syntax: the same tree for every notation of a spec.

`snn` and `yaml` parse, `printer` and `yaml.printer` write, `files` reads and replaces
spec files. What is wrong with a text is told here, from `cut` and `explain` on; what
its words mean is the business of the passes. Imports `vocabulary` and what is below.
"""

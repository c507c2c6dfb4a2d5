"""What the commands do: one function per verb, for the command line and Python.

A verb takes compiled networks, imported packages, texts, arrays and options, and
returns a result. The options of a verb are a dataclass, declared with `options`.
"""

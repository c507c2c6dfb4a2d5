"""The tools that work on a compiled network, a package or its weights.

A tool's result is one frozen dataclass. Python returns it, the command line prints it,
and notebooks display it. `spec` and `package` are the two objects of the interface;
`verbs` has the functions that take a spec or its file.
"""

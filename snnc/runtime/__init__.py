# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What the programs of all networks have in common.

Nothing is imported here: each module brings what it needs, and TensorFlow and
Nengo only where they are used. The modules know a network as data, by
`network.Network`; they import one another, but nothing else of snnc.
"""

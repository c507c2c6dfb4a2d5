"""The Python interface: specs and packages as objects, and a function per verb."""

import snnc.views  # noqa: F401 - fills the tables of the results' writers and pictures

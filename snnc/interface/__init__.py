"""The Python interface: specs and packages as objects, and a function per verb."""

"""The Nengo side of the generated package."""

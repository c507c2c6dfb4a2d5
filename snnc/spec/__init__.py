"""The spec as data: pydantic models at the edge of the compiler."""

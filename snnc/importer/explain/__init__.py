"""What becomes of a model, layer by layer, as text, Markdown and JSON."""

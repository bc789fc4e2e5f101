"""Audio beside the traces: what was said is kept as files, and spans say where."""

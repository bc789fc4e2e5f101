"""Dialects: a finished span said in the words that a backend reads."""

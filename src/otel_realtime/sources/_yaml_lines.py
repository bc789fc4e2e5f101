"""YAML documents with the lines of their entries, so that errors can name them."""

from typing import Any

from otel_realtime.extras import needed


class YamlError(ValueError):
    """A text is no YAML; the message says on which line, where that is known."""


def load_with_lines(text: str, key: str) -> tuple[Any, list[int]]:
    """Read a document, and the line on which each entry of its list `key` begins.

    Raises:
        YamlError: The text is no YAML.
        ImportError: PyYAML is missing.
    """
    with needed("PyYAML", extra="cli"):
        import yaml
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        document = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "somewhere"
        raise YamlError(f"{where}: this is no YAML") from error
    finally:
        loader.dispose()
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    lists = [value for name, value in pairs if name.value == key]
    entries = lists[-1].value if lists and isinstance(lists[-1], yaml.SequenceNode) else ()
    return document, [entry.start_mark.line + 1 for entry in entries]

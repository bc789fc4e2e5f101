"""YAML with its line numbers kept, and checks that say what is expected where."""

import difflib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from ._errors import ScenarioError

_KINDS = {
    yaml.MappingNode: "a mapping (key: value)",
    yaml.SequenceNode: "a list (- item)",
    yaml.ScalarNode: "a single value",
}


class Node:
    """One node of a YAML document, which knows its line."""

    def __init__(self, source: str, node: yaml.Node, loader: yaml.SafeLoader) -> None:
        """Wrap a node of `source`."""
        self.source = source
        self.node = node
        self._loader = loader

    def fail(self, expected: str) -> NoReturn:
        """Raise a ScenarioError for this node's line."""
        raise ScenarioError(self.source, self.node.start_mark.line + 1, expected)

    @property
    def kind(self) -> str:
        """What the node is, in words."""
        return _KINDS.get(type(self.node), "something else")

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    def plain(self) -> Any:  # noqa: ANN401 - any YAML value
        """Return the node's value as plain Python."""
        try:
            return self._loader.construct_object(self.node, deep=True)
        except (yaml.YAMLError, ValueError, TypeError) as error:
            return self.fail(f"expected a plain YAML value ({error})")

    def items(self, expected: str) -> list[tuple[str, "Node"]]:
        """Return a mapping's keys and values, in order."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(f"expected {expected}, found {self.kind}")
        pairs: list[tuple[str, Node]] = []
        for key, value in self.node.value:
            name = Node(self.source, key, self._loader)
            if not isinstance(key, yaml.ScalarNode):
                name.fail(f"expected {expected}, found {name.kind} as a key")
            if any(name.text_of_key() == known for known, _ in pairs):
                name.fail(f"'{key.value}' is given twice")
            pairs.append((str(key.value), Node(self.source, value, self._loader)))
        return pairs

    def text_of_key(self) -> str:
        """Return a key as it is written."""
        return str(self.node.value)

    def elements(self, expected: str) -> list["Node"]:
        """Return a list's elements."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(f"expected {expected}, found {self.kind}")
        return [Node(self.source, element, self._loader) for element in self.node.value]

    def text(self) -> str:
        """Return a text; numbers count as text too."""
        if not isinstance(self.node, yaml.ScalarNode) or self.plain() is None:
            self.fail(f"expected a text, found {self._found()}")
        return str(self.node.value).strip()

    def number(self) -> float:
        """Return a number that is not negative."""
        value = self.plain() if isinstance(self.node, yaml.ScalarNode) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
            return float(value)
        return self.fail(f"expected a number of 0 or more, found {self._found()}")

    def whole(self) -> int:
        """Return a whole number that is not negative."""
        value = self.number()
        if not value.is_integer():
            self.fail(f"expected a whole number, found {self._found()}")
        return int(value)

    def choice(self, allowed: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what the table holds
        """Return what the table has for the value."""
        value = self.text()
        if value not in allowed:
            self.fail(f"expected {one_of(allowed)}, found '{value}'{suggestion(value, allowed)}")
        return allowed[value]

    def fields(self, what: str, readers: Mapping[str, Callable[["Node"], Any]]) -> dict[str, Any]:
        """Read a mapping by a table of its possible keys."""
        found = {}
        for key, value in self.items(f"{what} with {one_of(readers)}"):
            if key not in readers:
                self._key(key).fail(
                    f"{what} has no '{key}'{suggestion(key, readers)} (expected {one_of(readers)})"
                )
            found[key] = readers[key](value)
        return found

    def _key(self, key: str) -> "Node":
        keys = {name.value: name for name, _ in self.node.value}
        return Node(self.source, keys[key], self._loader)

    def _found(self) -> str:
        if isinstance(self.node, yaml.ScalarNode):
            return f"'{self.node.value}'" if self.node.value else "nothing"
        return self.kind


def one_of(names: Mapping[str, Any]) -> str:
    """List names in a sentence."""
    *most, last = [f"'{name}'" for name in names]
    return f"{', '.join(most)} or {last}" if most else last


def suggestion(name: str, known: Mapping[str, Any]) -> str:
    """Return a hint at the name that was probably meant."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def read_nodes(text: str, source: str | Path) -> Node:
    """Parse YAML.

    Raises:
        ScenarioError: the text is no YAML, or empty.
    """
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ScenarioError(source, line, f"not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(source, None, f"not valid YAML: {error}") from error
    if root is None:
        raise ScenarioError(source, 1, "the file is empty; expected 'conversation:' with steps")
    return Node(str(source), root, loader)

"""The queries of dashboards/azure, and whether what they name is in what came."""

import re
from collections.abc import Callable, Iterator

from azure_monitor.captured import Row, of
from conftest import REPO

AZURE = REPO / "dashboards" / "azure"
QUERIES = {path.stem: path.read_text(encoding="utf-8") for path in AZURE.glob("queries/*.kql")}
TABLES = ("dependencies", "customEvents", "customMetrics", "exceptions", "requests", "traces")
BAG = re.compile(r"custom(Dimensions|Measurements)\['([^']+)'\]")
TEXT = re.compile(r"'[^']*'")
COMMENT = re.compile(r"//[^\n]*")
NAMED = re.compile(r"\bname\s+(?:==|in)\s+(\([^)]*\)|'[^']*')")
OPERATION = re.compile(r"customDimensions\['gen_ai\.operation\.name'\] == '(\w+)'")
WORD = re.compile(r"\b[A-Za-z_]\w*\b")


def metric_name(row) -> str:
    return row.data["metrics"][0]["name"] if row.table == "customMetrics" else row.name


COLUMNS = {
    "timestamp": lambda row: row is not None,
    "itemCount": lambda row: row is not None,  # made of the sample rate as it is taken in
    "name": metric_name,
    "duration": lambda row: row.data["duration"],
    "success": lambda row: row.data["success"] is not None,
    "session_Id": lambda row: row.session,
    "operation_Id": lambda row: row.tags["ai.operation.id"],
    "valueSum": lambda row: row.data["metrics"][0]["value"],
    "valueCount": lambda row: row.data["metrics"][0]["count"],
}
"""The columns that queries use, and what they are filled with."""
EITHER = re.compile(r"(?:\w+ = )?coalesce\((\w+), tostring\(customDimensions\['([^']+)'\]\)\)")
"""A column, or the dimension that has it where the exporter does not fill the column."""


def subqueries(text: str):
    """The table and the text of each query within a query; a union has several."""
    text = COMMENT.sub("", text)
    found = list(re.finditer(rf"\b({'|'.join(TABLES)})\b\s*\|", text))
    for each, after in zip(found, [*found[1:], None], strict=True):
        yield each[1], text[each.start() : after.start() if after else len(text)]


def asked(rows, table, text):
    """The rows that a query is about: of its table, operation and names."""
    names = {name for list_ in NAMED.findall(text) for name in re.findall(r"'([^']*)'", list_)}
    told = list(of(rows, table))
    if names:
        told = [each for each in told if metric_name(each) in names]
        assert {metric_name(each) for each in told} == names
    if operation := OPERATION.search(text):
        told = [
            each for each in told if each.dimensions.get("gen_ai.operation.name") == operation[1]
        ]
    return told


def has(row, column: str) -> bool:
    try:
        return bool(COLUMNS[column](row))
    except KeyError:
        return False


def missing(rows: list[Row], query: str) -> Iterator[str]:
    """What a query names that no row has: tables, dimensions, measurements and columns."""
    for table, text in subqueries(query):
        told = asked(rows, table, text)
        wanted = _wanted(text) if told else {"rows": bool}
        yield from (
            f"{table}: {name}" for name, is_in in wanted.items() if not any(map(is_in, told))
        )


def _wanted(text: str) -> dict[str, Callable[[Row], bool]]:
    """What a query names, and whether a row has it."""
    left = EITHER.sub("''", text)
    return {
        **{
            name: lambda row, name=name, key=key: has(row, name) or key in row.dimensions
            for name, key in EITHER.findall(text)
        },
        **{
            key: lambda row, kind=kind, key=key: key in getattr(row, kind.lower())
            for kind, key in BAG.findall(left)
        },
        **{
            name: lambda row, name=name: has(row, name)
            for name in set(WORD.findall(TEXT.sub("''", left))) & set(COLUMNS)
        },
    }

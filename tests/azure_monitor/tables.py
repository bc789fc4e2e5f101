"""The tables of Application Insights, filled with what was captured, and asked in Kusto's language.

The language is run by `duckdb-kql`, on DuckDB. Where it differs from Kusto, as far as our queries
show it:

- a text that a part of a `union` lacks is null, and not empty;
- it takes keywords, such as `latest`, as names of columns: Kusto's own parser does not;
- it has no `make_set_if`, and cannot take a column that `mv-expand` has made as the key of a
  property bag: no query needs them.

Its `percentile` is that of the nearest rank; Kusto's is an estimate where there are many values.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb_kql
from azure_monitor.captured import Row, seconds

COLUMNS: Mapping[str, Mapping[str, str]] = json.loads(
    Path(__file__).with_name("tables.json").read_text(encoding="utf-8")
)
"""The columns of each table, with Kusto's types."""
IN_DUCKDB = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "real": "DOUBLE",
    "int": "INTEGER",
}


class Answer(NamedTuple):
    """What a query gives."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def told(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, each, strict=True)) for each in self.rows]


class Tables:
    """What Application Insights would have in its tables."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._duckdb = duckdb_kql.connect()
        for table, columns in COLUMNS.items():
            typed = ", ".join(f'"{name}" {IN_DUCKDB[kind]}' for name, kind in columns.items())
            self._duckdb.execute(f"CREATE TABLE {table} ({typed})")
        for row in rows:
            self._add(row)

    def ask(self, query: str, *, session: str = "") -> Answer:
        """Run a query as the workbook does: with its parameter in its place."""
        told = duckdb_kql.kql(self._duckdb, query.replace("{Session}", session))
        return Answer(tuple(told.columns), told.fetchall())

    def _add(self, row: Row) -> None:
        columns = COLUMNS[row.table]
        absent = {name: "" for name, kind in columns.items() if kind == "string"}
        for filled in filled_columns(row):
            told = {**absent, **filled}
            values = [told.get(name) for name in columns]
            marks = ", ".join("?" for _ in columns)
            # The name of the table is one of those above.
            self._duckdb.execute(f"INSERT INTO {row.table} VALUES ({marks})", values)  # noqa: S608


def filled_columns(row: Row) -> Iterable[dict[str, Any]]:
    """The columns of an item, as the ingestion fills them; metrics come several in an item."""
    tags, data = row.tags, row.data
    shared = {
        "timestamp": row.time.removesuffix("Z"),
        "operation_Name": tags.get("ai.operation.name", ""),
        "operation_Id": tags.get("ai.operation.id", ""),
        "operation_ParentId": tags.get("ai.operation.parentId", ""),
        "session_Id": tags.get("ai.session.id", ""),
        "user_AuthenticatedId": tags.get("ai.user.authUserId", ""),
        "cloud_RoleName": tags.get("ai.cloud.role", ""),
        "itemCount": row.item_count,
        "customDimensions": json.dumps(row.dimensions),
        "customMeasurements": json.dumps(row.measurements),
    }
    for own in OWN[row.table](data):
        yield {**shared, **own}


def _span(data: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    told = {name: data.get(name) or "" for name in ("id", "name", "type", "target", "data")}
    yield {
        **told,
        "success": str(data["success"]),
        "resultCode": data.get("resultCode") or data.get("responseCode") or "",
        "duration": round(seconds(data["duration"]) * 1000),
    }


def _metrics(data: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for each in data["metrics"]:
        yield {
            "name": each["name"],
            "value": each["value"],
            "valueSum": each["value"],
            "valueCount": each.get("count", 1),
            "valueMin": each.get("min", each["value"]),
            "valueMax": each.get("max", each["value"]),
        }


OWN = {
    "requests": _span,
    "dependencies": _span,
    "traces": lambda data: [
        {"message": data["message"], "severityLevel": data.get("severityLevel")}
    ],
    "exceptions": lambda data: [
        {"type": each["typeName"], "outerMessage": each["message"]} for each in data["exceptions"]
    ],
    "customEvents": lambda data: [{"name": data["name"]}],
    "customMetrics": _metrics,
}
"""The columns that a table does not share with the others."""

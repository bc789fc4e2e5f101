"""Items as flat rows without what differs from run to run, to be compared one by one."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from azure_monitor.captured import TABLES, seconds

Flat = dict[str, Any]
"""The fields of an item: `column`, `tag:name`, `dimension:name`, `measurement:name`."""

_IDS = ("tag:ai.operation.id", "tag:ai.operation.parentId", "id")
_OF_THE_RUN = {
    *("iKey", "ver", "seq", "sampleRate"),
    *("tag:ai.cloud.roleInstance", "tag:ai.internal.nodeName", "tag:ai.internal.sdkVersion"),
    *("tag:ai.device.id", "tag:ai.device.locale", "tag:ai.device.type"),
    *("dimension:service.instance.id", "dimension:instrumentationlibrary.version"),
}
"""Of the machine, the process, the exporter and its protocol."""


def flat_rows(items: list[Mapping[str, Any]]) -> list[Flat]:
    """The items but for metrics; what an id is of stands in its place."""
    rows = [
        _flat(each)
        for each in items
        if TABLES[each["data"]["baseType"]] not in ("customMetrics", "traces")
    ]
    spans = {row["id"]: f"{row['name']} at {row.get('time')}" for row in rows if "id" in row}
    roots = {
        row["tag:ai.operation.id"]: spans[row["id"]]
        for row in rows
        if "id" in row and row.get("tag:ai.operation.parentId") not in spans
    }
    for row in rows:
        for name, value in row.items():
            if name in _IDS or name.startswith("dimension:operation_"):
                row[name] = spans.get(value, roots.get(value, value))
    return rows


def _flat(item: Mapping[str, Any]) -> Flat:
    data = item["data"]["baseData"]
    row = {"table": TABLES[item["data"]["baseType"]], "time": _time(item["time"])}
    row |= {f"tag:{name}": value for name, value in (item.get("tags") or {}).items()}
    row |= {f"dimension:{name}": value for name, value in (data.get("properties") or {}).items()}
    row |= {
        f"measurement:{name}": value for name, value in (data.get("measurements") or {}).items()
    }
    row |= {
        name: value for name, value in data.items() if name not in ("properties", "measurements")
    }
    if row["table"] == "requests":  # the only ones that are not told by a recorded clock
        del row["time"], row["duration"]
    if "duration" in row:
        row["duration"] = round(seconds(row["duration"]), 6)
    if "exceptions" in row:
        (raised,) = row.pop("exceptions")
        row |= {name: raised[name] for name in ("typeName", "message", "stack")}
    return {
        name: value
        for name, value in row.items()
        if name not in _OF_THE_RUN and value not in ("", None)
    }


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def points(items: list[Mapping[str, Any]]) -> dict[tuple[Any, ...], tuple[float, float]]:
    """What `customMetrics` adds up to: count and sum, by name and dimensions."""
    added: dict[tuple[Any, ...], tuple[float, float]] = {}
    for name, dimensions, point in _points(items):
        count, value = added.get((name, dimensions), (0, 0))
        added[name, dimensions] = (count + (point.get("count") or 1), value + point["value"])
    return {key: (count, round(value, 6)) for key, (count, value) in added.items()}


def _points(items: list[Mapping[str, Any]]) -> Iterator[tuple[str, frozenset, Mapping[str, Any]]]:
    for each in items:
        if TABLES[each["data"]["baseType"]] != "customMetrics":
            continue
        data = each["data"]["baseData"]
        told = {name: str(value).lower() for name, value in (data["properties"] or {}).items()}
        for point in data["metrics"]:
            yield point["name"], frozenset(told.items()), point

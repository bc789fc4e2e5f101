"""Every query names what Application Insights has of a call, and the workbook is made of them."""

import json
import re
import subprocess
import sys

import pytest
from azure_monitor.captured import of
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
LANGUAGE = {
    *(
        "where",
        "extend",
        "project",
        "summarize",
        "by",
        "order",
        "asc",
        "desc",
        "top",
        "union",
        "let",
    ),
    *("let", "in", "bin", "percentile", "avg", "sum", "sumif", "max", "dcount"),
    *("make_set", "split", "strcat", "tostring", "toreal", "toint", "tobool", "isnotnull"),
    *("isnotempty", "true", "false", "customDimensions", "customMeasurements"),
    *("and", "iff", "isfinite", "round", "real", "null", "dynamic", "extract_all", "strcat_array"),
    *("mean", "messages"),  # what functions of a query's own take
}


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


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_what_a_query_names_is_there(all_rows, name) -> None:
    parts = list(subqueries(QUERIES[name]))
    assert parts
    for table, text in parts:
        told = asked(all_rows, table, text)
        assert told, table
        for kind, key in BAG.findall(text):
            assert any(key in getattr(each, kind.lower()) for each in told), (table, kind, key)
        for column in set(WORD.findall(TEXT.sub("''", text))) & set(COLUMNS):
            assert any(has(each, column) for each in told), (table, column)


def has(row, column: str) -> bool:
    try:
        return bool(COLUMNS[column](row))
    except KeyError:
        return False


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_has_no_other_columns_and_no_unknown_function(name) -> None:
    text = re.sub(r"\b\d+[smhd]\b", "", TEXT.sub("''", COMMENT.sub("", QUERIES[name])))
    made = set(re.findall(r"\b([a-z_][a-z_0-9]*)\s*=(?!=)", text))
    words = set(WORD.findall(text))
    assert words - made - LANGUAGE - set(COLUMNS) - set(TABLES) == set()
    for opening, closing in ("()", "[]", "''"):
        assert text.count(opening) == text.count(closing)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_begins_with_what_it_shows(name) -> None:
    first = QUERIES[name].splitlines()[0]
    assert re.fullmatch(r"// [A-Z][^:]+: .+\.", first)
    assert ("summarize" in QUERIES[name] and " value = " in QUERIES[name].replace("\n", " ")) or (
        not name.startswith("alert_")
    )


def test_the_workbook_is_made_of_the_queries() -> None:
    check = [sys.executable, AZURE / "workbook.py", "--check"]
    told = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")
    shown = json.loads((AZURE / "workbook.json").read_text(encoding="utf-8"))
    panels = [each for each in shown["items"] if each["type"] == 3]
    assert sorted(each["name"] for each in panels) == sorted(
        name for name in QUERIES if not name.startswith("alert_")
    )
    for each in panels:
        assert each["content"]["query"] in QUERIES[each["name"]]
        assert each["content"]["timeContextFromParameter"] == "TimeRange"
    assert [each["name"] for each in panels if "exportParameterName" in each["content"]] == [
        "sessions",
        "slowest_turns",
    ]


def test_bicep_deploys_the_workbook_and_every_alert() -> None:
    bicep = (AZURE / "main.bicep").read_text(encoding="utf-8")
    loaded = re.findall(r"loadTextContent\('([^']+)'\)", bicep)
    alerts = sorted(f"queries/{name}.kql" for name in QUERIES if name.startswith("alert_"))
    assert sorted(loaded) == [*alerts, "workbook.json"]
    declared = set(re.findall(r"^param (\w+) ", bicep, re.MULTILINE))
    body = "".join(
        line for line in bicep.splitlines(keepends=True) if not line.startswith("param ")
    )
    assert {name for name in declared if not re.search(rf"\b{name}\b", body)} == set()
    assert all(bicep.count(a) == bicep.count(b) for a, b in ("{}", "[]", "()"))


def test_the_docs_show_every_query() -> None:
    docs = (REPO / "docs" / "azure.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```kusto\n(.*?)```", docs, re.DOTALL)
    assert sorted(blocks) == sorted(text.split("\n", 1)[1] for text in QUERIES.values())

"""The Bicep file, read by a parser: its resources have what Azure asks of them.

pycep reads the language; it is no compiler and knows no resource types. What a type needs is
written down here, after the templates' reference of Microsoft.Insights.
"""

import re
from datetime import datetime

import pytest
from conftest import REPO

pycep = pytest.importorskip("pycep", reason="needs pycep-parser, which reads Bicep")

AZURE = REPO / "dashboards" / "azure"
MINUTES = {5, 10, 15, 30, 45, 60, 120, 180, 240, 300, 360, 1440, 2880}
"""What a rule may look back on, as Azure itself lists it where another window is refused."""
DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")


@pytest.fixture(scope="module")
def bicep() -> dict:
    return pycep.BicepParser().parse(text=(AZURE / "main.bicep").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules(bicep) -> list[dict]:
    """Each rule's properties, with what the loop puts in."""
    loop = bicep["resources"]["alerts"]["config"]
    assert loop["loop_type"]["detail"] == {"item_name": "rule", "array_name": "rules"}
    return [
        filled(loop["config"]["properties"], each) for each in bicep["variables"]["rules"]["value"]
    ]


def filled(value, rule):
    """`rule.x` is the rule's x, and a file that is loaded its path."""
    if isinstance(value, list):
        return [filled(each, rule) for each in value]
    if not isinstance(value, dict):
        return value
    operator, function = value.get("operator"), value.get("function")
    if isinstance(operator, dict) and operator["type"] == "property_accessor":
        named = operator["operands"]
        if named["operand_1"] == "rule":
            return filled(rule[named["operand_2"]], rule)
        return f"{named['operand_1']}.{named['operand_2']}"
    if isinstance(function, dict) and function["type"] == "load_text_content":
        return AZURE / function["parameters"]["file_path"]
    return {name: filled(each, rule) for name, each in value.items()}


def minutes(duration: str) -> int:
    hours, rest = DURATION.fullmatch(duration).groups(default="0")
    return int(hours) * 60 + int(rest)


def test_the_resources_are_of_types_and_versions_that_there_are(bicep) -> None:
    told = {name: (each["type"], each["api_version"]) for name, each in bicep["resources"].items()}
    assert told == {
        "applicationInsights": ("Microsoft.Insights/components", "2020-02-02"),
        "workbook": ("Microsoft.Insights/workbooks", "2022-04-01"),
        "alerts": ("Microsoft.Insights/scheduledQueryRules", "2022-06-15"),
    }
    assert [name for name, each in bicep["resources"].items() if each["existing"]] == [
        "applicationInsights"
    ]


def test_the_workbook_is_shared_and_belongs_to_application_insights(bicep) -> None:
    told = filled(bicep["resources"]["workbook"]["config"], {})
    assert told["name"]["function"]["type"] == "guid"  # Azure takes no other name
    assert (told["kind"], told["location"]) == ("shared", "location")
    assert told["properties"] == {
        "displayName": "workbookName",
        "category": "workbook",
        "sourceId": "applicationInsights.id",
        "version": "Notebook/1.0",
        "serializedData": AZURE / "workbook.json",
    }


def test_every_rule_is_one_that_azure_takes(bicep, rules) -> None:
    assert len(rules) == len(list(AZURE.glob("queries/alert_*.kql")))
    assert len({each["displayName"] for each in rules}) == len(rules)
    for each in rules:
        assert each["scopes"] == ["applicationInsights.id"]
        assert each["severity"] in range(5)
        assert {minutes(each["windowSize"]), minutes(each["evaluationFrequency"])} <= MINUTES
        assert minutes(each["evaluationFrequency"]) <= minutes(each["windowSize"])
        (criterion,) = each["criteria"]["allOf"]
        assert criterion["operator"] == "GreaterThan"
        assert criterion["timeAggregation"] == "Maximum"
        assert bicep["parameters"][criterion["threshold"]]["type"] == "int"
        failing = criterion["failingPeriods"]
        assert 1 <= failing["minFailingPeriodsToAlert"] <= failing["numberOfEvaluationPeriods"] <= 6
        assert each["actions"] == {"actionGroups": "actionGroupIds"}
    assert bicep["parameters"]["actionGroupIds"]["type"] == "array"


def test_a_rule_is_described_by_its_querys_first_line(bicep) -> None:
    told = bicep["resources"]["alerts"]["config"]["config"]["properties"]["description"]
    cut = told["function"]
    assert (cut["type"], cut["parameters"]["start_index"]) == ("substring", len("// "))
    for path in AZURE.glob("queries/alert_*.kql"):
        assert path.read_text(encoding="utf-8").startswith("// Alert, ")


def test_rules_compare_what_their_queries_give_and_fire_when_they_should(
    bicep, rules, rows_apart
) -> None:
    pytest.importorskip("duckdb_kql", reason="needs duckdb-kql, which runs Kusto's language")
    from azure_monitor.tables import Tables

    tables, fired = Tables(rows_apart), set()
    for each in rules:
        (criterion,) = each["criteria"]["allOf"]
        told = tables.ask(criterion["query"].read_text(encoding="utf-8"))
        dimensions = [dimension["name"] for dimension in criterion["dimensions"]]
        # A text beside the number is what the alert is split by.
        texts = {
            name
            for row in told.told()
            for name, value in row.items()
            if not isinstance(value, int | float | datetime)
        }
        assert texts == set(dimensions)
        measured = told.columns.index(criterion["metricMeasureColumn"])
        threshold = bicep["parameters"][criterion["threshold"]]["default"]
        if max(row[measured] for row in told.rows) > threshold:
            fired.add(each["displayName"].removeprefix("Voice agents: "))
    assert fired == {"failed sessions", "tool failures"}

"""Finds scenario files, and loads them."""

from pathlib import Path

from ._errors import MISSING_EXTRA, ScenarioError, SimulatorError
from ._scenario import Scenario

_BUILT_IN = Path(__file__).parent / "scenarios"


def parse_scenario(
    text: str, *, source: str | Path = "<scenario>", folder: Path | None = None
) -> Scenario:
    """Read a scenario from YAML text.

    Args:
        text: the YAML; docs/simulator.md describes the format.
        source: what error messages call the text.
        folder: where the scenario's WAV files are; the current folder if not given.

    Raises:
        ScenarioError: the text says something that is not understood; names the line.
        SimulatorError: PyYAML is missing.
    """
    try:
        from ._document import read_scenario
    except ModuleNotFoundError as error:
        raise SimulatorError(MISSING_EXTRA) from error
    return read_scenario(text, source, folder or Path())


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file, or a built-in scenario by its name.

    Args:
        path: a path; or a name without a dot or slash, such as `answer`, for a built-in one.

    Raises:
        ScenarioError: there is no such file, or it says something that is not understood; names
            the file and the line.
        SimulatorError: PyYAML is missing.
    """
    file = Path(path)
    if isinstance(path, str) and path == file.name and not file.suffix:
        built_in = _built_in()
        if path not in built_in and not file.exists():
            expected = f"expected a path, or one of {', '.join(sorted(built_in))}"
            raise ScenarioError(
                path, None, f"there is no built-in scenario of this name; {expected}"
            )
        file = built_in.get(path, file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(file, None, f"the file cannot be read ({error})") from error
    return parse_scenario(text, source=file, folder=file.parent)


def _built_in() -> dict[str, Path]:
    return {file.stem: file for file in _BUILT_IN.glob("*.yaml")}

"""A local server that speaks the OpenAI Realtime protocol, to test voice agents without a key.

    async with RealtimeSimulator("answer") as simulator:
        model_config = {"url": simulator.url, "api_key": "simulator"}

It listens to the audio it is sent, plays a scenario (a short YAML file), and keeps a record of
what went each way. docs/simulator.md describes it and the scenario format. It needs the extra
`otel-realtime[simulator]`.
"""

from ._errors import ScenarioError, SimulatorError
from ._files import load_scenario, parse_scenario
from ._scenario import Scenario
from ._server import RealtimeSimulator
from ._session import SimulatorSession

__all__ = [
    "RealtimeSimulator",
    "Scenario",
    "ScenarioError",
    "SimulatorError",
    "SimulatorSession",
    "load_scenario",
    "parse_scenario",
]

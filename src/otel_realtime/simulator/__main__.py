"""`python -m otel_realtime.simulator SCENARIO.yaml [--port N]`: serve until ctrl-c."""

import argparse
import asyncio
import contextlib
import sys

from . import RealtimeSimulator, SimulatorError


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m otel_realtime.simulator",
        description="Serve the OpenAI Realtime protocol on this machine, playing a scenario.",
    )
    parser.add_argument("scenario", help="a scenario file, or the name of a built-in scenario")
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port (default: a free one)")
    return parser.parse_args()


async def _serve(scenario: str, host: str, port: int) -> None:
    async with RealtimeSimulator(scenario, host=host, port=port) as simulator:
        print(f"Playing '{simulator.scenario.name}' at {simulator.url}", flush=True)  # noqa: T201 - the command's output
        print("Press ctrl-c to stop.", flush=True)  # noqa: T201 - the command's output
        await asyncio.get_running_loop().create_future()


def main() -> int:
    """Serve; return the exit code."""
    arguments = _arguments()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(arguments.scenario, arguments.host, arguments.port))
    except SimulatorError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's output
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

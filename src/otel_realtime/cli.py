"""The command line: `otel-realtime demo`, `tree`, `replay`, `summary`, `url`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from otel_realtime.extras import needed
from otel_realtime.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0, or 2 where the command could not do its work; one sentence on stderr then says why.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ImportError, ValueError, OSError, _RefusedError) as error:
        sys.stderr.write(f"otel-realtime: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


_HOUR = 3600.0


class _RefusedError(Exception):
    """A command cannot do its work; the message says why, and what to do."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="otel-realtime", description="OpenTelemetry for realtime voice agents."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="hold a call with a real agent and show its trace")
    demo.add_argument(
        "--output",
        type=Path,
        default=Path("otel-realtime-demo"),
        metavar="FOLDER",
        help="where the files go (default: %(default)s)",
    )
    demo.add_argument(
        "--live",
        action="store_true",
        help="talk to the real API (OPENAI_API_KEY) instead of the local simulator",
    )
    demo.set_defaults(run=_demo)

    tree = commands.add_parser("tree", help="show the traces in OTLP JSON lines files")
    tree.add_argument("files", nargs="+", type=Path, metavar="FILE")
    tree.add_argument("--events", action="store_true", help="show otel-realtime's log events too")
    tree.set_defaults(run=_tree)

    replay = commands.add_parser("replay", help="trace recorded wire logs")
    replay.add_argument("files", nargs="+", type=Path, metavar="FILE")
    replay.add_argument("--events", action="store_true", help="show otel-realtime's log events too")
    replay.add_argument(
        "--no-content", action="store_true", help="leave out transcripts and tool data"
    )
    replay.set_defaults(run=_replay)

    _add_summary(commands)
    _add_url(commands)
    return parser


def _add_summary(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    summary = commands.add_parser("summary", help="sum up the calls in OTLP JSON lines files")
    summary.add_argument("files", nargs="+", type=Path, metavar="FILE")
    summary.add_argument(
        "--worst",
        type=_count,
        default=5,
        metavar="N",
        help="how many of the worst calls to list (default: %(default)s)",
    )
    summary.add_argument(
        "--format", choices=("text", "json"), default="text", help="default: %(default)s"
    )
    summary.add_argument(
        "--plot", type=Path, metavar="PATH", help="draw it too, into a .html, .png or .svg file"
    )
    summary.set_defaults(run=_summary)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of calls")
    return int(text)


def _add_url(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    url = commands.add_parser("url", help="make a link to a recording, for who wants to listen")
    url.add_argument(
        "urls", nargs="+", metavar="URL", help="as on the span: s3://…, gs://…, az://…"
    )
    url.add_argument(
        "--expires",
        type=float,
        default=_HOUR,
        metavar="SECONDS",
        help="how long anybody who has the link can listen (default: an hour)",
    )
    url.set_defaults(run=_url)


def _demo(options: argparse.Namespace) -> None:
    with needed(extra="demo"):
        from otel_realtime.demo import DemoError, run_demo
    from otel_realtime.simulator import SimulatorError

    try:
        run_demo(options.output, live=options.live)
    except (DemoError, SimulatorError) as error:
        raise _RefusedError(error) from error


def _tree(options: argparse.Namespace) -> None:
    from otel_realtime.otlp_json import read_files
    from otel_realtime.tree import terminal_tree

    recorded = read_files(*options.files)
    if not recorded.spans:
        raise _RefusedError(f"There are no spans in {', '.join(map(str, options.files))}.")
    _print(terminal_tree(recorded.spans, recorded.logs, events=options.events))


def _replay(options: argparse.Namespace) -> None:
    from otel_realtime.scenario import traced_recording
    from otel_realtime.tree import terminal_tree

    content = not options.no_content
    for path in options.files:
        traced = traced_recording(path, capture_content=content, start=time.time_ns())
        _print(path)
        _print(terminal_tree(traced.spans, traced.logs, events=options.events))


def _summary(options: argparse.Namespace) -> None:
    from otel_realtime import summary

    if options.plot is not None:
        summary.check_suffix(options.plot)
    calls = summary.calls_in(*options.files)
    if not calls:
        files = ", ".join(map(str, options.files))
        raise _RefusedError(f"There are no calls of otel-realtime in {files}.")
    report = summary.report(calls, worst=options.worst)
    if options.plot is not None:
        summary.plot(report, options.plot)
    if options.format == "json":
        sys.stdout.write(json.dumps(summary.report_values(report), indent=2) + "\n")
    else:
        _print(summary.terminal_report(report))


def _url(options: argparse.Namespace) -> None:
    from otel_realtime.audio.store import signed_url

    for each in options.urls:
        sys.stdout.write(f"{signed_url(each, options.expires)}\n")


def _print(what: object) -> None:
    with needed("rich", extra="cli"):
        from rich.console import Console
    Console().print(what)


if __name__ == "__main__":
    sys.exit(main())

"""The demo: a real agent with tools, called over a real websocket, traced with one line."""

from otel_realtime.demo._run import DemoError, run_demo

__all__ = ["DemoError", "run_demo"]

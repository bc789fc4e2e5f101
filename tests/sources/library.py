"""A small MCP server for the tests; run as a script, it serves its standard streams."""

from typing import Any

try:
    from mcp.server import MCPServer
except ImportError:  # mcp below 2
    from mcp.server.fastmcp import FastMCP as MCPServer


def library() -> Any:
    """A server with one tool."""
    server = MCPServer("shelves")

    @server.tool()
    def find_book(title: str) -> str:
        """Find a book."""
        if title == "Lost":
            raise LookupError("there is no such book")
        return f"{title}: shelf 7"

    return server


if __name__ == "__main__":
    library().run(transport="stdio")

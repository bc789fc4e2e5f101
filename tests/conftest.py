"""What all tests share: where optional data lies, and how hypothesis searches."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"
"""Recordings and speech beside the repository: on some machines only, never copied into it."""

# No deadline: the first example of a run pays for imports. In CI the same examples come every time.
settings.register_profile(
    "default", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of optional shared data; a test that asks for it is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no folder 'shared' beside the repository: its recordings are optional data")
    return SHARED

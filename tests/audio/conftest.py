"""What tests of the audio share: a folder for the spool, one for a store."""

import pytest


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def kept(tmp_path):
    """The folder of the store."""
    return tmp_path / "kept"

"""What tests of channels may ask for: a provider to send to."""

from collections.abc import Iterator

import pytest

from tests.doubles import ProviderDouble


@pytest.fixture
def provider() -> Iterator[ProviderDouble]:
    """A provider on this machine, with nothing sent yet."""
    with ProviderDouble() as double:
        yield double

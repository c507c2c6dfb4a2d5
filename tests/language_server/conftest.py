"""One server and one client of it for all tests of the room."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.language_server.editor import Client, start


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client() -> AsyncIterator[Client]:
    found = await start()
    yield found
    await found.shutdown_session()
    await found.stop()

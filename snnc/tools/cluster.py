"""Run tasks on a Dask cluster that shares a file system with this machine."""

# mypy: disable-error-code="import-untyped,no-untyped-call"

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from distributed import Client, KilledWorker
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.comm.core import connect

from snnc.tools.evaluate.options import RefusedRunError

PATIENCE = 10  # seconds to wait for an answer from an address


@dataclass(frozen=True, slots=True)
class ClusterWorkers:
    """The workers of a cluster, in one executor."""

    executor: Executor
    width: int
    deaths: tuple[type[Exception], ...] = (KilledWorker,)

    def open(self) -> Executor:
        """Return the executor."""
        return self.executor


@contextmanager
def cluster_workers(address: str, ahead: int = 1) -> Iterator[ClusterWorkers]:
    """Connect to the cluster at an address.

    Parameters
    ----------
    ahead
        The number of tasks per worker thread; more than one if sending a task takes
        long compared to running it. If a worker dies, this counts as a failed attempt
        for each of its tasks.

    Raises
    ------
    RefusedRunError
        If nothing answers, or the cluster has no workers.
    """
    _check_scheduler(address)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise _absent(address, "this Dask cluster has no workers") from error
        threads = sum(client.nthreads().values())
        executor = client.get_executor(pure=False)
        yield ClusterWorkers(executor, ahead * max(1, threads))


def _absent(address: str, reason: str) -> RefusedRunError:
    return RefusedRunError(
        f"{address}: {reason}; start one with `dask scheduler` and its workers "
        f"with `dask worker {address}`, or use `--workers N` on this machine"
    )


def _check_scheduler(address: str) -> None:
    """Raise RefusedRunError unless a scheduler answers.

    A `Client` would also raise an error, but would then take 20 s to close.
    """

    async def greet() -> None:
        comm = await asyncio.wait_for(connect(address), PATIENCE)
        await comm.close()

    try:
        parse_host_port(parse_address(address)[1])
        asyncio.run(greet())
    except ValueError as error:
        reason = "this is not an address such as tcp://HOST:8786"
        raise _absent(address, reason) from error
    # The greeting of another server, parsed as Dask's, may announce exabytes.
    except (OSError, asyncio.TimeoutError, MemoryError) as error:
        reason = f"no Dask scheduler answers within {PATIENCE} s"
        raise _absent(address, reason) from error

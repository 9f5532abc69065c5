"""One thread for the mathematics: several workers share a machine, and waiting for each other's threads costs more."""

from typing import Any


def one_thread() -> Any:
    """Context in which BLAS and OpenMP use one thread; it also makes sums come out the same everywhere."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)

"""Two callers at once, on connections of their own, held at the same point until both have come that far."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*calls: Callable[[], Any], patience: float = 30) -> list[Any]:
    """Run the calls in threads of their own; each answers its result or the exception it raised, in order."""
    answers: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            answers[number] = call()
        except Exception as error:  # the caller looks at it
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
        assert not thread.is_alive(), "a call hangs"
    return answers


class Rendezvous:
    """Wraps a function so that callers wait for each other after it, each at most `patience` seconds.

    With locks out of the way both get there and go on with what they read before the other wrote: the race. With
    locks the second one never gets there while the first waits, so the first goes on alone.
    """

    def __init__(self, function: Callable[..., Any], parties: int = 2, patience: float = 1.5) -> None:
        self.function = function
        self.barrier = threading.Barrier(parties)
        self.patience = patience
        self.met = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.function(*args, **kwargs)
        try:
            self.barrier.wait(self.patience)
            self.met = True
        except threading.BrokenBarrierError:
            pass
        return result

"""kill -9 of a worker, the broker or PostgreSQL at random points of a night: afterwards all is done exactly once."""

import datetime as dt
import random
import time
from collections.abc import Iterator

import pytest

from tests.jobs.night_house import House

pytestmark = pytest.mark.thorough

NIGHT_SECONDS = 3.0


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as house:
        house.check(run_night(house))  # warm, and the proof that it goes well when nobody is killed
        yield house


def run_night(house: House) -> dt.date:
    on = house.night()
    house.wait_for_end(on)
    return on


def kill_and_check(house: House, victim: str, points: int, seed: str) -> int:
    """Returns how many pieces of work were hit."""
    chance, hits = random.Random(seed), 0
    for _point in range(points):
        on = house.night()
        house.wait_for_begin(on)
        time.sleep(chance.uniform(0.0, NIGHT_SECONDS))
        getattr(house, f"kill_{victim}")(chance)
        house.wait_for_end(on)
        house.check(on)
        hits += house.interrupted(on)
    return hits


@pytest.mark.parametrize("victim", ["worker", "broker", "postgres"])
def test_a_night_survives_twenty_kills(house: House, victim: str) -> None:
    hits = kill_and_check(house, victim, 20, f"long {victim}")
    print(f"{victim}: 20 kills, {hits} pieces of work were begun again")
    assert hits or victim == "broker", "the kills hit nobody at work: they prove nothing"


def test_two_workers_share_a_night_and_nothing_runs_twice(house: House) -> None:
    on = run_night(house)
    house.check(on)
    workers = house.sql("SELECT count(DISTINCT worker) FROM night_marks WHERE night = %s", on)
    assert workers == [(2,)]
    assert house.sql('SELECT max(attempts) FROM jobs_run WHERE "on" = %s', on) == [(1,)]

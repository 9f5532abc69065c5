"""What the tests of import and export stand on."""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.storage import storages

from crm.accounts import roles
from crm.accounts.models import User
from crm.core.models import LegalEntity
from crm.exchange.models import Import
from crm.exchange.services import receive_file, start_apply, start_check
from crm.jobs.models import Run
from crm.jobs.worker import claim_next, execute
from tests.factories import make_entity, make_user

TODAY = dt.date(2026, 3, 31)


class StillBeat:
    """A heart that does not beat: inside one transaction of a test no other connection sees the run."""

    def __init__(self, run: Run, every: float) -> None:
        self.done = self.total = 0
        self.lost = self.cancelled = False

    def __enter__(self) -> "StillBeat":
        return self

    def __exit__(self, *args: object) -> None:
        self.done = self.total


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.jobs.worker.Beat", StillBeat)


@pytest.fixture(autouse=True)
def empty_storage() -> Iterator[None]:
    yield
    storages["private"]._root._children.clear()  # type: ignore[attr-defined]


@pytest.fixture
def entity(db: None) -> LegalEntity:
    return make_entity("E1")


@pytest.fixture
def anna(db: None) -> User:
    """An accountant."""
    return make_user("anna", roles.ACCOUNTANT)


Bring = Callable[..., Import]


@pytest.fixture
def bring(db: None, still: None, anna: User) -> Bring:
    """Take a file in and run its dry run: `bring("invoices", file, zeros="strip", mapping={...})`."""

    def bring(
        kind: str, file: io.BytesIO, *, name: str = "file.csv", mapping: dict[str, str] | None = None, **options: Any
    ) -> Import:
        found = receive_file(actor=anna, kind=kind, file=file, file_name=name, today=TODAY)
        run = start_check(
            actor=anna,
            import_id=found.pk,
            mapping={**found.mapping, **(mapping or {})},
            options={**found.options, **options},
        )
        work(run)
        return Import.objects.get(pk=found.pk)

    return bring


@pytest.fixture
def put(still: None, anna: User) -> Callable[..., Import]:
    """Apply a checked import."""

    def put(found: Import, **options: Any) -> Import:
        work(start_apply(actor=anna, import_id=found.pk, **options))
        return Import.objects.select_related("apply_run").get(pk=found.pk)

    return put


def work(run: Run) -> Run:
    """Claim and execute a run here and now."""
    claimed = claim_next(worker="test", run_id=run.pk)
    assert claimed is not None
    execute(claimed)
    run.refresh_from_db()
    return run

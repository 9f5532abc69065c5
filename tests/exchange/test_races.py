"""Two at once: the same import applied twice, and an apply while somebody else posts or closes a period."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from crm.core.registry import registry
from crm.exchange.errors import AlreadyApplied, StillWorking
from crm.exchange.models import Import
from crm.exchange.services import receive_file, start_apply, start_check
from crm.jobs.models import Run, RunState
from crm.jobs.services import retry_run
from crm.jobs.worker import claim_next, execute
from receivables.models import Invoice
from receivables.services import close_period, post_invoice
from tests.exchange.conftest import TODAY, StillBeat
from tests.exchange.files import HEADS, ROW, csv_file
from tests.factories import make_customer, make_entity

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No eager worker: the tests say who works when."""
    monkeypatch.setattr("crm.jobs.services.announce", lambda: None)
    monkeypatch.setattr("crm.jobs.worker.Beat", StillBeat)


def execute_now(run: Run) -> Run:
    claimed = claim_next(worker="test", run_id=run.pk)
    assert claimed is not None
    execute(claimed)
    run.refresh_from_db()
    return run


@pytest.fixture
def checked() -> Import:
    make_customer(code="C1")
    make_entity("E1")
    file = csv_file([HEADS, ROW, [*ROW[:2], "A-2", *ROW[3:]]])
    found = receive_file(actor=None, kind="invoices", file=file, file_name="a.csv", today=TODAY)
    options = {**found.options, "legal_entity": "E1"}
    run = execute_now(start_check(actor=None, import_id=found.pk, mapping=found.mapping, options=options))
    assert run.state == RunState.DONE
    return Import.objects.get(pk=found.pk)


def elsewhere(work: Callable[[], Any]) -> None:
    """Do it in a thread with a connection of its own and wait for it."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def meanwhile(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> None:
    """Between the last comparison and the posting of the apply run, somebody else does something."""
    from receivables.imports import invoices

    posted = invoices.post_invoices

    def post(**kwargs: Any) -> Any:
        elsewhere(work)
        return posted(**kwargs)

    monkeypatch.setattr(invoices, "post_invoices", post)


def post_a1() -> None:
    customer, entity = make_customer_again()
    post_invoice(
        actor=None, legal_entity_id=entity, customer_id=customer, number="A-1", on=dt.date(2026, 3, 1), currency="CNY",
        amount=Decimal("7.00"),
    )  # fmt: skip


def make_customer_again() -> tuple[int, int]:
    from crm.core.models import LegalEntity
    from customers.models import Customer

    return Customer.objects.get(code="C1").pk, LegalEntity.objects.get(code="E1").pk


def test_an_import_is_applied_once(checked: Import) -> None:
    first = start_apply(actor=None, import_id=checked.pk)
    with pytest.raises(StillWorking):
        start_apply(actor=None, import_id=checked.pk)
    assert execute_now(first).state == RunState.DONE
    with pytest.raises(AlreadyApplied):
        start_apply(actor=None, import_id=checked.pk)
    # Even a run that slipped through finds that it is done.
    slipped = Run.objects.create(kind="exchange.apply", params=first.params, on=TODAY)
    assert execute_now(slipped).error_code == "import_already_applied"
    assert Invoice.objects.count() == 2


def test_an_old_dry_run_that_is_tried_again_leaves_a_newer_one_alone(checked: Import) -> None:
    old = Run.objects.get(pk=checked.check_run_id)
    new = start_check(actor=None, import_id=checked.pk, mapping=checked.mapping, options=checked.options)
    execute_now(new)
    Run.objects.filter(pk=old.pk).update(state=RunState.FAILED)
    old.steps.update(state=RunState.WAITING)
    retry_run(run_id=old.pk, actor=None)
    assert execute_now(old).error_code == "import_superseded"
    assert Import.objects.get(pk=checked.pk).counts["new"] == 2


def test_a_number_that_is_posted_meanwhile_stops_the_whole_import(
    checked: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, post_a1)
    run = execute_now(start_apply(actor=None, import_id=checked.pk))
    assert (run.state, run.error_code) == (RunState.FAILED, "number_taken")
    assert list(Invoice.objects.values_list("number", "amount")) == [("A-1", 7)]
    assert Import.objects.get(pk=checked.pk).applied_at is None
    monkeypatch.undo()
    monkeypatch.setattr("crm.jobs.services.announce", lambda: None)
    monkeypatch.setattr("crm.jobs.worker.Beat", StillBeat)
    again = execute_now(start_apply(actor=None, import_id=checked.pk))
    assert again.error_code == "import_changed_since_check"
    assert not [difference for verifier in registry.verifiers.values() for difference in verifier()]


def test_a_period_that_is_closed_meanwhile_stops_the_whole_import(
    checked: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close() -> None:
        _customer, entity = make_customer_again()
        close_period(actor=None, legal_entity_id=entity, closed_through=dt.date(2026, 3, 31), reason="month end")

    meanwhile(monkeypatch, close)
    run = execute_now(start_apply(actor=None, import_id=checked.pk))
    assert (run.state, run.error_code) == (RunState.FAILED, "period_closed")
    assert not Invoice.objects.exists()

"""What each kind of request needs, and what its approval makes of the terms."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from credit.rules.requests import (
    OF_COMPANY,
    Asked,
    Terms,
    approved_terms,
    keeps_direction,
    limit_on,
    limit_to_begin_with,
    missing,
    needed_profile,
    routed_amount,
    routed_days,
)

TODAY = dt.date(2026, 3, 31)
CHINESE = needed_profile("company", is_unlimited=False)
NOW = Terms(limit=Decimal(100), term_days=30, settlement="rolling", status="normal", instruments=["transfer", "cheque"])
FRESH = replace(NOW, limit=None)
COMPLETE = {
    "new": Asked(
        "new",
        reason="r",
        limit=Decimal(50),
        term_days=30,
        settlement="rolling",
        purchase_estimate=Decimal(9),
        bank_reference="b",
        trade_reference="t",
        files={"application", "statements"},
        profile=CHINESE,
    ),
    "increase": Asked("increase", reason="r", limit=Decimal("100.01"), purchase_estimate=Decimal(9)),
    "decrease": Asked("decrease", reason="r", limit=Decimal("99.99")),
    "term": Asked("term", reason="r", term_days=31),
    "settlement": Asked("settlement", reason="r", settlement="monthly"),
    "instrument": Asked("instrument", reason="r", instruments=["transfer"]),
    "temporary": Asked("temporary", reason="r", limit=Decimal("100.01"), until=TODAY),
    "unfreeze": Asked("unfreeze", reason="r", plan="p"),
}


def terms_for(kind: str) -> Terms:
    return {"new": FRESH, "unfreeze": replace(NOW, status="frozen")}.get(kind, NOW)


def lacking(asked: Asked, now: Terms | None = None, exposure: str = "0") -> list[str]:
    return missing(asked, now or terms_for(asked.kind), exposure=Decimal(exposure), today=TODAY)


@pytest.mark.parametrize(
    ("proposed", "now", "begins"),
    [(None, NOW, None), ("100", NOW, None), ("100.01", NOW, "100.01"), ("0", FRESH, None), ("1", FRESH, "1")],
)
def test_the_form_begins_with_a_proposal_that_is_more_than_now(
    proposed: str | None, now: Terms, begins: str | None
) -> None:
    found = limit_to_begin_with(None if proposed is None else Decimal(proposed), now)
    assert found == (None if begins is None else Decimal(begins))


@pytest.mark.parametrize("kind", sorted(COMPLETE))
def test_a_complete_request_lacks_nothing_and_each_needs_a_reason(kind: str) -> None:
    assert lacking(COMPLETE[kind]) == []
    assert lacking(replace(COMPLETE[kind], reason="  ")) == ["reason"]


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("new", {"limit": Decimal(0)}, ["limit"]),
        ("new", {"limit": None, "term_days": None, "settlement": ""}, ["limit", "term", "settlement"]),
        ("new", {"term_days": 0}, []),
        ("new", {"files": {"application"}}, ["statements"]),
        ("new", {"files": ()}, ["application", "statements"]),
        ("new", {"profile": ("uscc",)}, ["legal_form", "legal_representative", "founded_on"]),
        ("new", {"form": "abroad"}, ["foreign_number"]),
        ("new", {"form": "abroad", "profile": ("foreign_number", *OF_COMPANY)}, []),
        ("new", {"form": "person", "profile": ()}, ["identity_number"]),
        ("new", {"form": "person", "profile": ("identity_number",)}, []),
        ("new", {"bank_reference": " ", "trade_reference": ""}, ["bank_reference", "trade_reference"]),
        ("increase", {"limit": Decimal(100)}, ["limit_above"]),
        ("increase", {"limit": None, "purchase_estimate": None}, ["limit_above", "purchase_estimate"]),
        ("decrease", {"limit": Decimal(100)}, ["limit_below"]),
        ("decrease", {"limit": Decimal(0)}, []),
        ("term", {"term_days": 30}, ["term_other"]),
        ("term", {"term_days": 0}, []),
        ("settlement", {"settlement": "rolling"}, ["settlement_other"]),
        ("instrument", {"instruments": ["cheque", "transfer"]}, ["instruments_other"]),
        ("instrument", {"instruments": []}, ["instruments"]),
        ("new", {"instruments": ["cash"]}, []),
        ("temporary", {"until": TODAY - dt.timedelta(days=1)}, ["until"]),
        ("temporary", {"until": None, "limit": Decimal(100)}, ["limit_above", "until"]),
        ("unfreeze", {"plan": ""}, ["plan"]),
    ],
)
def test_what_is_missing_is_named(kind: str, changes: dict, expected: list[str]) -> None:
    assert lacking(replace(COMPLETE[kind], **changes)) == expected


def test_the_account_decides_which_kinds_make_sense() -> None:
    assert lacking(COMPLETE["new"], NOW) == ["no_limit_yet"]
    assert lacking(COMPLETE["increase"], FRESH) == ["has_limit"]
    assert lacking(COMPLETE["instrument"], FRESH) == []  # who pays in advance pays in some form, too
    assert lacking(COMPLETE["unfreeze"], NOW) == ["restricted"]
    assert lacking(COMPLETE["unfreeze"], replace(NOW, status="cash_only")) == ["solvency"]


@pytest.mark.parametrize(("exposure", "expected"), [("99.99", []), ("100", ["plan"])])
def test_a_limit_is_not_cut_below_what_is_drawn_without_a_plan(exposure: str, expected: list[str]) -> None:
    assert lacking(COMPLETE["decrease"], exposure=exposure) == expected
    assert lacking(replace(COMPLETE["decrease"], plan="in two parts"), exposure=exposure) == []


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("new", {"limit": Decimal(40)}),
        ("increase", {"limit": Decimal(40)}),
        ("decrease", {"limit": Decimal(40)}),
        ("term", {"term_days": 31}),
        ("settlement", {"settlement": "monthly"}),
        ("instrument", {"instruments": ["transfer"]}),
        ("temporary", {"limit": Decimal(40), "regular_limit": Decimal(100), "temporary_until": TODAY}),
        ("unfreeze", {"status": "normal"}),
    ],
)
def test_an_approval_changes_what_was_asked_and_nothing_else(kind: str, changes: dict) -> None:
    assert approved_terms(COMPLETE[kind], terms_for(kind), Decimal(40)) == changes


@pytest.mark.parametrize(("asked", "changes"), [([], {}), (["cash"], {"instruments": ["cash"]})])
def test_a_new_limit_sets_payment_forms_only_where_it_names_some(asked: list[str], changes: dict) -> None:
    new = replace(COMPLETE["new"], instruments=asked)
    assert approved_terms(new, FRESH, Decimal(40)) == {"limit": Decimal(40), **changes}


def test_a_later_decision_about_the_limit_ends_a_temporary_increase() -> None:
    running = replace(NOW, limit=Decimal(150), regular_limit=Decimal(100), temporary_until=TODAY)
    for kind in ("increase", "decrease"):
        changes = approved_terms(COMPLETE[kind], running, Decimal(120))
        assert changes == {"limit": Decimal(120), "regular_limit": None, "temporary_until": None}
    later = TODAY + dt.timedelta(days=5)
    again = approved_terms(replace(COMPLETE["temporary"], until=later), running, Decimal(180))
    assert again == {"limit": Decimal(180), "temporary_until": later}  # what it goes back to stays
    assert approved_terms(COMPLETE["term"], running, Decimal(0)) == {"term_days": 31}


@pytest.mark.parametrize(
    ("kind", "limit", "lacks"),
    [
        ("decrease", 120, ["limit_below"]),  # would stay, and is more than what stays without it
        ("decrease", 90, []),
        ("increase", 120, []),
        ("increase", 100, ["limit_above"]),
        ("temporary", 140, ["limit_above"]),  # replaces the one that runs
    ],
)
def test_while_a_temporary_increase_runs_the_lasting_limit_is_what_is_raised_or_lowered(
    kind: str, limit: int, lacks: list[str]
) -> None:
    running = replace(NOW, limit=Decimal(150), regular_limit=Decimal(100), temporary_until=TODAY)
    assert lacking(replace(COMPLETE[kind], limit=Decimal(limit)), running) == lacks
    assert keeps_direction(kind, Decimal(limit), running) is not bool(lacks)


@pytest.mark.parametrize(("days", "limit"), [(-1, 150), (0, 150), (1, 100)])
def test_a_temporary_limit_counts_up_to_and_including_its_last_day(days: int, limit: int) -> None:
    running = replace(NOW, limit=Decimal(150), regular_limit=Decimal(100), temporary_until=TODAY)
    assert limit_on(running, TODAY + dt.timedelta(days=days)) == limit


def test_what_a_request_is_routed_by() -> None:
    assert routed_amount(COMPLETE["increase"], NOW) == Decimal("100.01")
    assert routed_amount(COMPLETE["term"], NOW) == 100
    assert routed_amount(COMPLETE["unfreeze"], FRESH) == 0
    assert [routed_days(COMPLETE[kind], NOW) for kind in ("term", "increase")] == [31, 30]


def test_of_who_answers_with_private_property_name_and_residence_are_needed() -> None:
    unlimited = replace(COMPLETE["new"], is_unlimited=True)
    assert lacking(unlimited) == ["proprietor", "proprietor_residence"]
    assert lacking(replace(unlimited, profile=(*CHINESE, "proprietor"))) == ["proprietor_residence"]
    assert lacking(replace(unlimited, profile=(*CHINESE, "proprietor", "proprietor_residence"))) == []
    without_form = [each for each in CHINESE if each != "legal_form"]
    assert lacking(replace(COMPLETE["new"], profile=without_form)) == ["legal_form"]

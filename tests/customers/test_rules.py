"""The pure rules: life cycle, registration codes, likeness of names."""

import datetime as dt

import pytest

from customers.imports import LEGAL_FORMS, choices_of
from customers.models import Customer, CustomerState, LegalForm
from customers.rules import (
    TRANSITIONS,
    IdentityFault,
    UsccFault,
    allowed_transitions,
    check_uscc,
    compact_identity,
    identity_fault,
    name_similarity,
    touches_blacklist,
)

VALID = "91110000600037341L"


def test_every_state_has_its_ways_out_and_none_leads_to_itself() -> None:
    assert set(TRANSITIONS) == set(CustomerState.values)
    for state, following in TRANSITIONS.items():
        assert following
        assert state not in following
        assert following <= set(CustomerState.values)


def test_a_customer_may_be_blacklisted_at_any_time() -> None:
    for state in CustomerState.values:
        assert ("blacklisted" in allowed_transitions(state)) is (state != "blacklisted")


@pytest.mark.parametrize("word", ["other", "农民专业合作社", "分公司", "全民所有制"])
def test_a_form_in_law_without_a_name_of_its_own_is_another_one_and_nobody_answers_personally(word: str) -> None:
    form = choices_of(LegalForm, LEGAL_FORMS)(word, {})
    customer = Customer(legal_form=form)
    assert Customer._meta.get_field("legal_form").clean(form, customer) == "other"
    assert not customer.is_unlimited


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("lead", "active", True),
        ("active", "lead", False),
        ("active", "prospect", False),
        ("dormant", "active", True),
        ("lost", "prospect", True),
        ("closed", "dormant", False),
        ("blacklisted", "lead", False),
    ],
)
def test_the_life_cycle_goes_forward_and_comes_back_by_named_ways(before: str, after: str, allowed: bool) -> None:
    assert (after in allowed_transitions(before)) is allowed


def test_both_ways_over_the_blacklist_are_decisions_of_their_own() -> None:
    assert touches_blacklist("active", "blacklisted")
    assert touches_blacklist("blacklisted", "active")
    assert not touches_blacklist("active", "dormant")


@pytest.mark.parametrize(
    ("typed", "compact", "fault"),
    [
        (VALID, VALID, None),
        ("9111 0000-600037341l", VALID, None),
        (VALID[:-1], VALID[:-1], UsccFault.LENGTH),
        (VALID + "0", VALID + "0", UsccFault.LENGTH),
        (VALID[:-1] + "M", VALID[:-1] + "M", UsccFault.CHECK_DIGIT),
        ("91110000600037314L", "91110000600037314L", UsccFault.CHECK_DIGIT),
        ("A1110000600037341L", "A1110000600037341L", UsccFault.CHARACTERS),
        ("9111000060003734IL", "9111000060003734IL", UsccFault.CHARACTERS),
        ("9111000060003734中L", "9111000060003734中L", UsccFault.CHARACTERS),
    ],
)
def test_a_registration_code_is_checked_to_its_last_digit(typed: str, compact: str, fault: UsccFault | None) -> None:
    assert check_uscc(typed) == (compact, fault)


@pytest.mark.parametrize(
    ("typed", "standard", "fault"),
    [
        ("11010519491231002x", "11010519491231002X", None),
        ("１１０１０５　19491231-0038", "110105194912310038", None),
        ("810000199001010019", "810000199001010019", None),  # residence permit of Hong Kong: of the same build
        ("110105202603310015", "110105202603310015", None),  # born today
        ("110105194912310020", "110105194912310020", IdentityFault.CHECK_DIGIT),
        ("110105194921310022", "110105194921310022", IdentityFault.CHECK_DIGIT),
        ("11010519491231002", "11010519491231002", IdentityFault.LENGTH),
        ("1101051949123100", "1101051949123100", None),  # 16 digits: a card of another country
        ("110105 19491231 002 XX", "110105 19491231 002 XX", None),
        ("110105194912310021X", "110105194912310021X", IdentityFault.LENGTH),
        ("110105194902300020", "110105194902300020", IdentityFault.BIRTH),
        ("110105202604010014", "110105202604010014", IdentityFault.BIRTH),
        (" e  1234 5678 ", "E 1234 5678", None),
        ("M1234567(8)", "M1234567(8)", None),
        ("", "", None),
    ],
)
def test_a_resident_identity_card_is_checked_and_other_documents_are_free(
    typed: str, standard: str, fault: IdentityFault | None
) -> None:
    assert compact_identity(typed) == standard
    assert identity_fault(standard, today=dt.date(2026, 3, 31)) == fault


def test_names_are_alike_by_their_letters_and_by_their_words() -> None:
    assert name_similarity("华信科技", "华信科技") == 100
    assert name_similarity("华信科技", "华信科贸") == 75
    assert name_similarity("home depot", "depot home") == 100
    assert name_similarity("", "") == 0
    assert name_similarity("华信", "大兴木业") == 0

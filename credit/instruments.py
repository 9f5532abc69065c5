"""How customers may pay: one list of instruments for accounts, contracts, orders and receipts."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Instrument(models.TextChoices):
    """How money comes in. Cheques and bills are not money until they clear."""

    TRANSFER = "transfer", gettext_lazy("Bank transfer")
    CASH = "cash", gettext_lazy("Cash")
    CHEQUE = "cheque", gettext_lazy("Cheque")
    BANK_DRAFT = "bank_draft", gettext_lazy("Bank draft")
    ACCEPTANCE_BILL = "acceptance_bill", gettext_lazy("Acceptance bill")


def all_instruments() -> list[str]:
    """What an account accepts until a request restricts it."""
    return list(Instrument.values)


def instruments_field(label: Any, **options: Any) -> Any:
    """A set of instruments as a small array of codes, in the order of the list."""
    return ArrayField(models.CharField(max_length=16, choices=Instrument), verbose_name=label, **options)


def known(field: str) -> Q:
    """For a CHECK: nothing but instruments stands in a column."""
    return Q((f"{field}__contained_by", all_instruments()))


def in_order(codes: Iterable[str]) -> list[str]:
    """A set of instruments in the order of the list, each once. Raises ValueError for one that is not known."""
    chosen = {Instrument(code) for code in codes}
    return [each.value for each in Instrument if each in chosen]


def labels_of(codes: Iterable[str]) -> str:
    """A set of instruments for a fact or a cell: 'Bank transfer, Cheque'."""
    chosen = in_order(codes)
    if len(chosen) == len(Instrument):
        return _("All payment forms")
    return _(", ").join(str(Instrument(code).label) for code in chosen)


def in_sentence(codes: Iterable[str]) -> str:
    """A set of instruments as it stands in a sentence: 'bank transfer, cash or cheque'; '' for none."""
    words = [str(Instrument(code).label).lower() for code in in_order(codes)]
    if len(words) < 2:
        return "".join(words)
    return _("%(others)s or %(last)s") % {"others": _(", ").join(words[:-1]), "last": words[-1]}

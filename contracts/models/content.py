"""What a contract says beside its terms: clauses and lines, written while it is a draft."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contracts.models.contracts import Contract, ContractRowQuerySet
from contracts.models.products import Product, line_adds_up
from contracts.models.templates import Element
from crm.core.money import MoneyField

# Rows of a contract are written while it is a draft.
DRAFT_CONTRACT_ONLY = """
    SELECT state INTO found FROM contracts_contract
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.contract_id ELSE NEW.contract_id END;
    IF found <> 'draft' THEN
        RAISE EXCEPTION 'pgtrigger: what a contract says stays once it is submitted (state %)', found;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
"""


def draft_only() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="draft_only",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("found", "TEXT")],
        func=DRAFT_CONTRACT_ONLY,
    )


class ContractClause(models.Model):
    """A clause of a contract: its own words beside those of the template it came from.

    `text` holds variables in braces; `final` is what was submitted, with every variable written out. A clause that the
    template does not have has an empty `template_text`; one that was struck out has an empty `text`.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, db_index=False, related_name="clauses", verbose_name=_("contract")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    key = models.SlugField(_("key"), max_length=40)
    elements = ArrayField(
        models.CharField(max_length=14, choices=Element), verbose_name=_("legal elements"), default=list, blank=True
    )
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), max_length=8000, blank=True)
    template_text = models.TextField(_("text of the template"), blank=True)
    final = models.TextField(_("text as submitted"), blank=True)
    is_fixed = models.BooleanField(_("fixed"), default=False)
    condition = models.CharField(_("condition"), max_length=120, blank=True)

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("clause of a contract")
        verbose_name_plural = _("clauses of contracts")
        ordering = ["contract", "position"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "position"], name="contract_clause_position_once"),
            models.UniqueConstraint(fields=["contract", "key"], name="contract_clause_key_once"),
            models.CheckConstraint(
                name="contract_clause_fixed_stays", condition=Q(is_fixed=False) | Q(text=F("template_text"))
            ),
        ]
        triggers = [draft_only()]

    def __str__(self) -> str:
        return self.title

    @property
    def deviates(self) -> bool:
        return self.text != self.template_text


class ContractLine(models.Model):
    """What is sold: `quantity` of a unit at a price in the currency of the contract; `amount` is their product.

    One that names a `product` is in its unit, and orders under the contract take the price from it.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, db_index=False, related_name="lines", verbose_name=_("contract")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        Product,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("product"),
    )
    description = models.CharField(_("description"), max_length=200)
    specification = models.CharField(_("specification"), max_length=200, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3)
    price = MoneyField(_("price"))
    amount = MoneyField(_("amount"))

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a contract")
        verbose_name_plural = _("lines of contracts")
        ordering = ["contract", "position"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "position"], name="contract_line_position_once"),
            models.CheckConstraint(name="contract_line_positive", condition=Q(quantity__gt=0, price__gte=0)),
            models.CheckConstraint(
                name="contract_line_adds_up",
                condition=line_adds_up(),
            ),
        ]
        triggers = [draft_only()]

    def __str__(self) -> str:
        return self.description

"""What a company and every company below it may owe together."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.accounts import AccountRowQuerySet, CreditAccount
from crm.core.models import track_changes
from crm.core.money import MoneyField


@track_changes
class GroupAccount(models.Model):
    """The group limit (集团授信额度) of a company that heads a group, in base currency; null = none any more.

    It caps the exposure of the company and of all companies below it, at every level. Its key is that of the company's
    own account. Its row is what releases for members of the group wait for, the root first, before they lock their own
    account (docs/adr/0023-group-limits.md). Only credit.services.groups writes it.
    """

    account = models.OneToOneField(
        CreditAccount,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="group_account",
        verbose_name=_("account"),
    )
    limit = MoneyField(_("group limit"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("group account")
        verbose_name_plural = _("group accounts")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="group_limit_positive", condition=Q(limit__isnull=True) | Q(limit__gt=0)),
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.account)

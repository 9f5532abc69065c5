"""Files that are part of a contract, added while it is a draft and kept once it was submitted."""

from pathlib import PurePath
from typing import Self
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Deferrable, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.models.content import draft_only
from contracts.models.contracts import Contract, ContractRowQuerySet
from contracts.rules import annexes as rules
from crm.core.models import user_field
from crm.jobs.models import private_storage


class AnnexKind(models.TextChoices):
    SPECIFICATION = rules.SPECIFICATION, _("Technical specification")
    SCHEDULE = rules.SCHEDULE, _("Schedule")
    BALANCE = rules.BALANCE, _("Details of a balance")
    CUSTOMER_DATA = rules.CUSTOMER_DATA, _("Customer data form")
    TERMS = rules.TERMS, _("Additional terms")
    OTHER = rules.OTHER, _("Other")


# What was submitted once was decided on: its row and its file stay, also where the draft goes on without it.
SUBMITTED_STAYS = """
    IF EXISTS (SELECT FROM contracts_submission WHERE contract_id = OLD.contract_id) THEN
        RAISE EXCEPTION 'pgtrigger: annexes of a contract that was submitted are taken out, not deleted';
    END IF;
    RETURN OLD;
"""


def annex_path(annex: "Annex", name: str) -> str:
    """A name of our own in private storage: what the uploader called the file stands in the row."""
    return f"contracts/{annex.contract_id}/annexes/{uuid4().hex}{PurePath(name).suffix.lower()}"


class AnnexQuerySet(ContractRowQuerySet):
    def annexed(self) -> Self:
        """Those that are part of their contract; one taken out after it was submitted is kept beside it."""
        return self.filter(removed_at__isnull=True)


class Annex(models.Model):
    """A file annexed to one version of a contract, which prints its title, its name and its checksum.

    Annexes are numbered by their order, from 1. A further version takes them along: its rows name the same stored
    files, which stay because those of the version before can no longer be taken out. One that is taken out of a draft
    that was submitted before has `removed_at`: it is no part of the contract, and is read where it was decided on.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, db_index=False, related_name="annexes", verbose_name=_("contract")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=14, choices=AnnexKind)
    title = models.CharField(_("title"), max_length=120)
    name = models.CharField(_("file name"), max_length=200)
    file = models.FileField(_("file"), storage=private_storage, upload_to=annex_path, max_length=200)
    size = models.PositiveIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(pgettext_lazy("file", "type"), max_length=100)
    checksum = models.CharField(_("checksum"), max_length=64)
    uploaded_by = user_field(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), db_default=Now())
    removed_at = models.DateTimeField(_("taken out at"), null=True, editable=False)

    objects = AnnexQuerySet.as_manager()

    class Meta:
        verbose_name = _("annex")
        verbose_name_plural = _("annexes")
        ordering = ["contract", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "position"], name="annex_position_once", deferrable=Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["contract", "checksum"], name="annex_file_once", condition=Q(removed_at__isnull=True)
            ),
        ]
        triggers = [
            draft_only(),
            pgtrigger.Trigger(
                name="submitted_stays", when=pgtrigger.Before, operation=pgtrigger.Delete, func=SUBMITTED_STAYS
            ),
        ]

    def __str__(self) -> str:
        return self.title

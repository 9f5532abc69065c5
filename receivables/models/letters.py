"""Letters that ask for what is overdue: one for a customer and legal entity, with a line for every item."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crm.core.models import LegalEntity, Numbered
from crm.core.money import CurrencyCodeField, MoneyField
from crm.jobs.models import private_storage
from customers.models import Contact
from customers.visibility import VisibleQuerySet
from receivables.models.collection import Case, customer_key, made_by
from receivables.models.documents import Invoice
from receivables.models.policy import LetterTemplate, PolicyStep


def letter_path(letter: "Letter", name: str) -> str:
    return f"letters/{letter.on:%Y/%m}/{letter.pk}/{name}"


class Letter(Numbered):
    """A reminder, warning or lawyer's letter, prepared in the night of `on` with the figures of that night.

    A reminder before the due date belongs to no case. At most one waits for a customer and legal entity; a later
    night replaces it. What was sent stays as it is.
    """

    class State(models.TextChoices):
        TODO = "todo", _("To be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        ERROR = "error", _("Error")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        LETTER = "letter", _("Letter")

    customer = customer_key()
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("legal entity")
    )
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="letters", verbose_name=_("case"))
    policy_step = models.ForeignKey(
        PolicyStep, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("policy step")
    )
    template = models.ForeignKey(
        LetterTemplate, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("letter template")
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    on = models.DateField(_("date"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.TODO)
    base_amount = MoneyField(_("amount in base currency"))
    language = models.CharField(_("language"), max_length=10, blank=True)
    recipient = models.EmailField(_("recipient"), blank=True)
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("contact"),
    )
    file = models.FileField(_("file"), storage=private_storage, upload_to=letter_path, blank=True)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True, db_default="", help_text=_("SHA-256."))
    claimed_at = models.DateTimeField(_("sending since"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    error_params = models.JSONField(_("figures of the error"), default=dict)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    sent_on = models.DateField(_("sent on"), null=True)
    sent_by = made_by(_("sent by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "legal_entity"], name="letter_one_waits", condition=~Q(state="sent")
            ),
            models.CheckConstraint(
                name="letter_sent_has_a_date", condition=Q(state="sent", sent_on__isnull=False) | ~Q(state="sent")
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "legal_entity", "-sent_on"], name="letter_by_customer"),
            models.Index(fields=["-on", "-id"], name="letter_by_date"),
            models.Index(fields=["state", "-base_amount", "id"], name="letter_waiting", condition=~Q(state="sent")),
        ]


class LetterRowQuerySet(VisibleQuerySet):
    customer_path = "letter__customer"


class LetterLine(Numbered):
    """An invoice in a letter, as it stood that night; `open_amount` is what is asked for, less what is disputed."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="lines", verbose_name=_("letter"))
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="+", verbose_name=_("invoice"))
    due_on = models.DateField(_("due date"))
    currency = CurrencyCodeField()
    amount = MoneyField(_("amount"))
    open_amount = MoneyField(_("open amount"))
    open_base = MoneyField(_("open base amount"))

    objects = LetterRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a letter")
        verbose_name_plural = _("lines of letters")
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["letter", "invoice"], name="letter_line_once")]

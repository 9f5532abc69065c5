"""Templates of contracts: numbered versions of clauses, reviewed by legal before anybody can use them."""

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.rules import contracts as rules
from contracts.rules.library import LIBRARY
from crm.core.display import Badge
from crm.core.models import BilingualName, track_changes, user_field


class ContractKind(models.TextChoices):
    SALES = rules.SALES, _("Sales contract")
    FRAMEWORK = rules.FRAMEWORK, _("Framework supply contract")
    SERVICE = rules.SERVICE, _("Service contract")
    DEALER = rules.DEALER, _("Dealer contract")
    CREDIT_TERMS = rules.CREDIT_TERMS, _("Credit terms with guarantee")
    RECONCILIATION = rules.RECONCILIATION, _("Reconciliation agreement")


# A template is one of a kind of contract, or the clause library.
TEMPLATE_KINDS = [*ContractKind.choices, (LIBRARY, _("Clause library"))]


class Element(models.TextChoices):
    """A legal element a contract must have."""

    PARTIES = rules.PARTIES, _("Parties")
    SUBJECT = rules.SUBJECT, _("Subject and specification")
    QUANTITY = rules.QUANTITY, _("Quantity")
    PRICE = rules.PRICE, _("Price")
    PAYMENT_FORM = rules.PAYMENT_FORM, _("Form of payment")
    PAYMENT_DATE = rules.PAYMENT_DATE, _("Date of payment")
    DELIVERY = rules.DELIVERY, _("Delivery and transport")
    ACCEPTANCE = rules.ACCEPTANCE, _("Acceptance standard")
    DUTIES = rules.DUTIES, _("Rights and duties")
    TERM = rules.TERM, _("Duration of the contract")
    LIABILITY = rules.LIABILITY, _("Liability for late payment")
    SIGNATORIES = rules.SIGNATORIES, _("Signatories")


class ContractLanguage(models.TextChoices):
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")


def html_language(code: str) -> str:
    """The language of a contract's text as a page says it, so that it is read out and set as what it is."""
    return "zh-Hans" if code == ContractLanguage.CHINESE else code


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    LEGAL_REVIEW = "legal_review", _("In legal review")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")
    DISCARDED = "discarded", _("Discarded")


VERSION_TONES = {"draft": "", "legal_review": "warning", "published": "success", "retired": "", "discarded": ""}


@track_changes
class Template(BilingualName):
    """A contract the company uses again and again; its words stand in its versions, one series per language.

    One of them is the clause library (docs/adr/0026-clause-library.md): no contract, but the clauses that templates
    copy.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=14, choices=TEMPLATE_KINDS)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("contract template")
        verbose_name_plural = _("contract templates")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(Lower("name_zh"), name="template_name_zh_once"),
            models.UniqueConstraint(Lower("name_en"), name="template_name_en_once"),
            models.UniqueConstraint(fields=["kind"], name="template_one_library", condition=Q(kind=LIBRARY)),
        ]

    @property
    def is_library(self) -> bool:
        return self.kind == LIBRARY

    def get_absolute_url(self) -> str:
        return reverse("contracts:template", args=[self.pk])


# Clauses of a version, and what is said about them, are written while it is a draft.
DRAFT_VERSION_ONLY = """
    SELECT state INTO found FROM contracts_templateversion
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.version_id ELSE NEW.version_id END;
    IF found <> 'draft' THEN
        RAISE EXCEPTION 'pgtrigger: the clauses of a reviewed version stay (state %)', found;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
"""
WORDS = ("template_id", "number", "language", "title", "variables")


@track_changes
class TemplateVersion(models.Model):
    """One numbered edition of a template in one language: draft, legal review, published, retired; or discarded.

    `variables` are those of its own, beside what every contract knows (contracts/clause_text.py): a list of
    {"name", "kind", "label_zh", "label_en"}. `author_ids` wrote it: none of them can publish it.
    """

    template = models.ForeignKey(
        Template, on_delete=models.PROTECT, related_name="versions", verbose_name=_("contract template")
    )
    number = models.PositiveSmallIntegerField(_("version"), editable=False)
    language = models.CharField(_("language"), max_length=2, choices=ContractLanguage)
    state = models.CharField(
        _("state"), max_length=12, choices=VersionState, default=VersionState.DRAFT, editable=False
    )
    title = models.CharField(_("title"), max_length=120)
    variables = models.JSONField(_("own variables"), default=list, blank=True)
    search_text = models.TextField(_("search text"), default="", editable=False)
    author_ids = ArrayField(models.BigIntegerField(), verbose_name=_("authors"), default=list, editable=False)
    reviewer = user_field(_("published by"), null=True, editable=False)
    created_by = user_field(_("created by"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    published_on = models.DateField(_("published on"), null=True, editable=False)
    edition = models.PositiveIntegerField(_("edition"), default=1, editable=False)

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        ordering = ["template", "language", "-number"]
        permissions = [("publish_template", _("Can publish contract templates"))]
        constraints = [
            models.UniqueConstraint(fields=["template", "language", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["template", "language"], name="version_one_published", condition=Q(state="published")
            ),
            models.UniqueConstraint(
                fields=["template", "language"],
                name="version_one_in_work",
                condition=Q(state__in=("draft", "legal_review")),
            ),
            models.CheckConstraint(
                name="version_published_has_date",
                condition=Q(published_on__isnull=False) | Q(state__in=("draft", "legal_review", "discarded")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="words_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state <> 'draft' AND ROW("
                    + ", ".join(f"OLD.{name}" for name in WORDS)
                    + ") IS DISTINCT FROM ROW("
                    + ", ".join(f"NEW.{name}" for name in WORDS)
                    + ")"
                ),
            ),
            pgtrigger.FSM(
                name="way",
                field="state",
                transitions=[
                    ("draft", "legal_review"),
                    ("draft", "discarded"),
                    ("legal_review", "draft"),
                    ("legal_review", "published"),
                    ("published", "retired"),
                ],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"

    @property
    def html_language(self) -> str:
        """The language of its text, as a page says it."""
        return html_language(self.language)

    def get_absolute_url(self) -> str:
        return reverse("contracts:version", args=[self.pk])

    @property
    def state_badge(self) -> Badge:
        return Badge(VersionState(self.state).label, VERSION_TONES[self.state])


class VersionStep(models.Model):
    """A step of a template version, who took it and why: what legal said, why it was retired or given up."""

    class Kind(models.TextChoices):
        SENT = "sent", _("Sent to legal review")
        RETURNED = "returned", _("Returned by legal")
        TAKEN_BACK = "taken_back", _("Taken back by an author")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")
        DISCARDED = "discarded", _("Discarded")

    version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="steps", verbose_name=_("template version")
    )
    kind = models.CharField(_("step"), max_length=10, choices=Kind)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    by = user_field(_("by"))
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("step of a template version")
        verbose_name_plural = _("steps of template versions")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="version_step_reason",
                condition=~Q(kind__in=("returned", "retired", "discarded")) | ~Q(reason=""),
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.version} {self.get_kind_display()}"


class Clause(models.Model):
    """A clause of a template version. A fixed one is not changed in a contract; `condition` says when it is used.

    Its key is its name through all versions; `element` is the legal element it provides, if any. `source` is the
    clause of the library, in one published version of that, whose words were copied; what the library says later
    changes nothing here.
    """

    version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="clauses", verbose_name=_("template version")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    key = models.SlugField(_("key"), max_length=40)
    elements = ArrayField(
        models.CharField(max_length=14, choices=Element), verbose_name=_("legal elements"), default=list, blank=True
    )
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), max_length=8000)
    is_fixed = models.BooleanField(_("fixed"), default=False, help_text=_("It is not changed in a contract."))
    condition = models.CharField(
        _("condition"),
        max_length=120,
        blank=True,
        help_text=_("Such as: account.term_days > 0. Empty: the clause is always used."),
    )
    source = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="copies",
        verbose_name=_("from the library"),
    )

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"],
                name="clause_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["version", "key"], name="clause_key_once"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="draft_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("found", "TEXT")],
                func=DRAFT_VERSION_ONLY,
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def searched(self) -> str:
        """The words by which contracts of this version are found."""
        return rules.searched(self.title, self.text)

    @property
    def words(self) -> str:
        """All that reviewers compare: title, text, and when it is used or may not be changed."""
        rest = [f"({self.condition})" if self.condition else "", f"({_('fixed')})" if self.is_fixed else ""]
        return "\n".join(part for part in (self.title, self.text, *rest) if part)

    def own_words(self) -> dict[str, Any]:
        """What a contract copies."""
        names = ("position", "key", "elements", "title", "text", "is_fixed", "condition")
        return {name: getattr(self, name) for name in names}

    def kept_words(self) -> dict[str, Any]:
        """What a new version copies: also from where in the library they are."""
        return {**self.own_words(), "source_id": self.source_id}

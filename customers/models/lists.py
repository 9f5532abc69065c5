"""Lists the profile chooses from, and the policy on duplicates."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.language import in_chinese
from crm.core.models import track_changes


class PublicList(models.Model):
    """A row of a public list, in both languages; what has no English name shows its code and the Chinese one."""

    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        if in_chinese():
            return self.name_zh
        return self.name_en or f"{self.pk} {self.name_zh}"

    def __str__(self) -> str:
        return self.name


class Industry(PublicList):
    """Industrial classification GB/T 4754-2017: section, division, group or class."""

    code = models.CharField(_("code"), max_length=5, primary_key=True)
    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("parent"))

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ["code"]


class Region(PublicList):
    """Administrative division of China by GB/T 2260: province (level 1), city (2) or county (3)."""

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("parent"))
    province = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("province")
    )

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]


@track_changes
class DuplicatePolicy(models.Model):
    """When a new customer is taken for one that is there already. Without a row the defaults of the rules hold."""

    similarity = models.PositiveSmallIntegerField(
        _("names count as alike from"),
        default=75,
        validators=[MinValueValidator(50), MaxValueValidator(100)],
        help_text=_("Similarity of two core names in per cent; 100 finds equal names only."),
    )
    shown = models.PositiveSmallIntegerField(
        _("candidates shown"), default=5, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )

    class Meta:
        verbose_name = _("duplicate policy")
        verbose_name_plural = _("duplicate policy")
        constraints = [models.CheckConstraint(name="duplicate_policy_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"{self.similarity} %"

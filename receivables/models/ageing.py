"""How the age of what is open is cut into buckets."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import BilingualName, track_changes


@track_changes
class AgeingScheme(BilingualName):
    """Upper bounds in days overdue of the ageing buckets, such as 30, 60, 90: the last bucket is open-ended."""

    bounds = ArrayField(models.PositiveIntegerField(), verbose_name=_("upper bounds in days"))
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("ageing scheme")
        verbose_name_plural = _("ageing schemes")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], name="ageing_one_default", condition=Q(is_default=True)),
        ]

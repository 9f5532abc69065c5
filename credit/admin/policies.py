"""The credit policy in the administration: drafted, put into force by another than its authors, followed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from credit.models.policies import CreditPolicy, PolicyClass
from credit.rules.limits import CLASSES, MOST_FACTOR
from credit.services.credit_policies import activate_credit_policy, new_credit_policy
from crm.core.version_admin import VersionAdmin
from crm.core.versions import PolicyState, take_authorship


def factor_of(grade: str) -> forms.DecimalField:
    return forms.DecimalField(label=grade, min_value=0, max_value=MOST_FACTOR, max_digits=5, decimal_places=2)


def field_of(grade: str) -> str:
    """The field of the form that holds the factor of a grade."""
    return f"factor_{grade.lower()}"


FACTORS = tuple(field_of(grade) for grade in CLASSES)


class CreditPolicyForm(forms.ModelForm):
    """A draft; the factors, which the policy keeps by grade, have a field each."""

    factor_aaa = factor_of("AAA")
    factor_aa = factor_of("AA")
    factor_a = factor_of("A")
    factor_bbb = factor_of("BBB")
    factor_bb = factor_of("BB")
    factor_b = factor_of("B")
    factor_ccc = factor_of("CCC")
    factor_cc = factor_of("CC")
    factor_c = factor_of("C")
    factor_d = factor_of("D")

    class Meta:
        model = CreditPolicy
        fields = (
            "name_zh", "name_en", "reference_percent", "capital_percent", "unrated_grade", "temporary_days",
            "young_years", "young_percent",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for grade, factor in (self.instance.factors or {}).items():
            self.initial.setdefault(field_of(grade), factor)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not any(name in self.errors for name in FACTORS):
            self.instance.factors = {grade: float(data[field_of(grade)]) for grade in CLASSES}
        return data


class PolicyClassInline(admin.TabularInline):
    model = PolicyClass
    extra = 0
    fields = ("credit_class", "treatment", "net_worth_percent", "most_days", "collection_months", "review_days")

    def is_open(self, obj: CreditPolicy | None) -> bool:
        return obj is not None and obj.state == PolicyState.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a version begins with its four classes

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.change_creditpolicy")) and self.is_open(obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.view_creditpolicy"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CreditPolicy)
class CreditPolicyAdmin(VersionAdmin):
    form = CreditPolicyForm
    inlines = (PolicyClassInline,)
    list_display = ("name", "version", "state", "activated_by", "activated_at")
    list_filter = ("state",)
    may_copy, may_activate = "credit.add_creditpolicy", "credit.activate_creditpolicy"
    readonly_fields = ("factors_in_words", "version", "state", "written_by", "activated_by", "activated_at")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Factors are fields of a draft, and a line of what is only read."""
        factors: Any = FACTORS if self.has_change_permission(request, obj) else "factors_in_words"
        head, *others = CreditPolicyForm.Meta.fields[:2], *CreditPolicyForm.Meta.fields[2:]
        about = {
            "description": gettext("Months of purchases that a month of term may owe, for each grade."),
            "fields": [factors],
        }
        return [
            (None, {"fields": [head, *others]}),
            (gettext("Factors by grade"), about),
            (gettext("Version"), {"fields": self.readonly_fields[1:]}),
        ]

    @admin.display(description=gettext_lazy("Factors by grade"))
    def factors_in_words(self, policy: CreditPolicy) -> str:
        return " · ".join(f"{grade} {policy.factors.get(grade, '–')}" for grade in CLASSES)

    @staticmethod
    def make_draft(actor: Any, key: int) -> CreditPolicy:
        return new_credit_policy(actor=actor, policy_id=key)

    @staticmethod
    def put_into_force(actor: Any, key: int) -> CreditPolicy:
        return activate_credit_policy(actor=actor, policy_id=key)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a version begins as a copy of another

    def save_model(self, request: HttpRequest, obj: CreditPolicy, form: Any, change: bool) -> None:
        """Whoever saves a draft is one of its authors, also where only a class was changed."""
        obj.author_ids = take_authorship(versions=CreditPolicy.objects.all(), key=obj.pk, actor=request.user)
        super().save_model(request, obj, form, change)

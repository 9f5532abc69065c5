"""Notices and their mails in the administration: to look at; a mail that failed can be sent again."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.notices.models import Mail, MailState, Notice, Preference
from crm.notices.services import resend_mail


class ToLookAt(admin.ModelAdmin):
    """Shown, never edited here."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Notice)
class NoticeAdmin(ToLookAt):
    list_display = ("id", "user", "kind", "at", "read_at", "mail")
    list_filter = ("kind",)
    list_select_related = ("user", "mail__user")
    search_fields = ("user__name", "user__username")
    date_hierarchy = "at"


@admin.register(Preference)
class PreferenceAdmin(ToLookAt):
    list_display = ("user", "mail")
    list_filter = ("mail",)
    list_select_related = ("user",)


@admin.register(Mail)
class MailAdmin(ToLookAt):
    list_display = ("id", "user", "digest_on", "state", "fault", "attempts", "created_at", "sent_at")
    list_filter = ("state", "fault")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__username", "address")
    date_hierarchy = "created_at"
    actions = ("send_again",)

    def has_resend_permission(self, request):
        return request.user.has_perm("notices.resend_mail")

    @admin.action(description=_("Send again what failed"), permissions=["resend"])
    def send_again(self, request, queryset):
        failed = list(queryset.filter(state=MailState.ERROR).values_list("pk", flat=True))
        for pk in failed:
            resend_mail(mail_id=pk, actor=request.user)
        told = ngettext("%(count)s e-mail waits to be sent.", "%(count)s e-mails wait to be sent.", len(failed))
        messages.success(request, told % {"count": len(failed)})

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.operations
import django.core.serializers.json
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import crm.approvals.models.chains
import crm.approvals.models.delegations
import crm.core.money
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(),
        AtOnce(
            [
                migrations.CreateModel(
                    name="ChainVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("kind", models.CharField(max_length=40, verbose_name="kind")),
                        (
                            "version",
                            models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="version"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("draft", "Draft"), ("active", "In force"), ("retired", "Retired")],
                                default="draft",
                                editable=False,
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "expires_after_days",
                            models.PositiveSmallIntegerField(
                                default=30,
                                help_text="A request nobody decided by then ends by itself.",
                                verbose_name="expires after days",
                            ),
                        ),
                        (
                            "remind_after_days",
                            models.PositiveSmallIntegerField(
                                default=3,
                                help_text="Whom a request waits for is reminded as often as this.",
                                verbose_name="remind after days",
                            ),
                        ),
                        (
                            "author_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                default=list,
                                editable=False,
                                size=None,
                                verbose_name="authors",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "activated_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="put into force at"),
                        ),
                        (
                            "activated_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="put into force by",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "approval chain",
                        "verbose_name_plural": "approval chains",
                        "ordering": ["kind", "-version"],
                        "permissions": [("activate_chain", "Can put approval chains into force")],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "version"), name="chain_version_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "active")), fields=("kind",), name="chain_one_in_force"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("expires_after_days__gte", 1), ("remind_after_days__gte", 1)),
                                name="chain_days_positive",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delegation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(verbose_name="up to")),
                        ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                        (
                            "delegate",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="stand-in",
                            ),
                        ),
                        (
                            "delegator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="for",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "delegation",
                        "verbose_name_plural": "delegations",
                        "ordering": ["-starts_on", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                                name="delegation_dates_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("delegator", models.F("delegate")), _negated=True),
                                name="delegation_to_another",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                expressions=[
                                    ("delegator", "="),
                                    (
                                        crm.approvals.models.delegations.DateRange(
                                            "starts_on",
                                            "ends_on",
                                            django.contrib.postgres.fields.ranges.RangeBoundary(
                                                inclusive_lower=True, inclusive_upper=True
                                            ),
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="delegation_one_at_a_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChainRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "amount_over",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="amount over"
                            ),
                        ),
                        (
                            "amount_up_to",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="amount up to"
                            ),
                        ),
                        (
                            "days_over",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days over"),
                        ),
                        (
                            "days_up_to",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days up to"),
                        ),
                        (
                            "grades",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=8),
                                blank=True,
                                default=list,
                                help_text="Such as AAA,AA,unrated; empty: any.",
                                size=None,
                                verbose_name="grades",
                            ),
                        ),
                        (
                            "deviation",
                            models.BooleanField(
                                blank=True, help_text="Unknown: with or without.", null=True, verbose_name="deviation"
                            ),
                        ),
                        (
                            "variants",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                blank=True,
                                default=list,
                                help_text="Codes such as new,increase; empty: any.",
                                size=None,
                                verbose_name="sorts of request",
                            ),
                        ),
                        (
                            "chain",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rules",
                                to="approvals.chainversion",
                                verbose_name="chain",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "approval rule",
                        "verbose_name_plural": "approval rules",
                        "ordering": ["chain", "position", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount_over__isnull", True),
                                    ("amount_up_to__isnull", True),
                                    ("amount_up_to__gt", models.F("amount_over")),
                                    _connector="OR",
                                ),
                                name="rule_amounts_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("days_over__isnull", True),
                                    ("days_up_to__isnull", True),
                                    ("days_up_to__gt", models.F("days_over")),
                                    _connector="OR",
                                ),
                                name="rule_days_in_order",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChainVersionEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("kind", models.CharField(max_length=40, verbose_name="kind")),
                        (
                            "version",
                            models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="version"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("draft", "Draft"), ("active", "In force"), ("retired", "Retired")],
                                default="draft",
                                editable=False,
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "expires_after_days",
                            models.PositiveSmallIntegerField(
                                default=30,
                                help_text="A request nobody decided by then ends by itself.",
                                verbose_name="expires after days",
                            ),
                        ),
                        (
                            "remind_after_days",
                            models.PositiveSmallIntegerField(
                                default=3,
                                help_text="Whom a request waits for is reminded as often as this.",
                                verbose_name="remind after days",
                            ),
                        ),
                        (
                            "author_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                default=list,
                                editable=False,
                                size=None,
                                verbose_name="authors",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "activated_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="put into force at"),
                        ),
                        (
                            "activated_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="put into force by",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="approvals.chainversion",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ChainStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "task",
                            models.CharField(
                                choices=[("review", "Review"), ("confirm", "Confirm"), ("approve", "Approve")],
                                default="approve",
                                max_length=8,
                                verbose_name="task",
                            ),
                        ),
                        (
                            "actor_kind",
                            models.CharField(
                                choices=[
                                    ("role", "A role"),
                                    ("superior", "Superior in the team"),
                                    ("user", "A person"),
                                ],
                                default="role",
                                max_length=8,
                                verbose_name="who decides",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=crm.approvals.models.chains.role_choices,
                                max_length=20,
                                verbose_name="role",
                            ),
                        ),
                        (
                            "level",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="Of a superior: 1 is the nearest, 2 the next above.",
                                verbose_name="level",
                            ),
                        ),
                        (
                            "mode",
                            models.CharField(
                                choices=[("one", "One of them"), ("all", "All of them")],
                                default="one",
                                max_length=3,
                                verbose_name="how many",
                            ),
                        ),
                        (
                            "fallback_role",
                            models.CharField(
                                blank=True,
                                choices=crm.approvals.models.chains.role_choices,
                                help_text="Decides where the step has nobody but the applicant.",
                                max_length=20,
                                verbose_name="fall-back role",
                            ),
                        ),
                        ("may_decrease", models.BooleanField(default=False, verbose_name="may approve for less")),
                        (
                            "rule",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="steps",
                                to="approvals.chainrule",
                                verbose_name="rule",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="person",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "approval step",
                        "verbose_name_plural": "approval steps",
                        "ordering": ["rule", "position", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="ChainRuleEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "amount_over",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="amount over"
                            ),
                        ),
                        (
                            "amount_up_to",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="amount up to"
                            ),
                        ),
                        (
                            "days_over",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days over"),
                        ),
                        (
                            "days_up_to",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days up to"),
                        ),
                        (
                            "grades",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=8),
                                blank=True,
                                default=list,
                                help_text="Such as AAA,AA,unrated; empty: any.",
                                size=None,
                                verbose_name="grades",
                            ),
                        ),
                        (
                            "deviation",
                            models.BooleanField(
                                blank=True, help_text="Unknown: with or without.", null=True, verbose_name="deviation"
                            ),
                        ),
                        (
                            "variants",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                blank=True,
                                default=list,
                                help_text="Codes such as new,increase; empty: any.",
                                size=None,
                                verbose_name="sorts of request",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="approvals.chainrule",
                            ),
                        ),
                        (
                            "chain",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="approvals.chainversion",
                                verbose_name="chain",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Request",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=40, verbose_name="kind")),
                        ("variant", models.CharField(blank=True, max_length=20, verbose_name="sort")),
                        ("label", models.CharField(max_length=80, verbose_name="number")),
                        ("customer_key", models.BigIntegerField(verbose_name="customer key")),
                        ("customer_name", models.CharField(max_length=255, verbose_name="customer")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        ("granted", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="granted")),
                        ("days", models.PositiveIntegerField(verbose_name="days")),
                        ("grade", models.CharField(blank=True, max_length=8, verbose_name="grade")),
                        ("deviation", models.BooleanField(default=False, verbose_name="deviation")),
                        ("reason", models.TextField(max_length=2000, verbose_name="reason")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("submitted", "In approval"),
                                    ("returned", "Question open"),
                                    ("approved", "Approved"),
                                    ("rejected", "Rejected"),
                                    ("withdrawn", "Withdrawn"),
                                    ("expired", "Expired"),
                                ],
                                default="submitted",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("submitted_on", models.DateField(verbose_name="asked on")),
                        ("waits_since", models.DateField(verbose_name="waits since")),
                        ("reminded_on", models.DateField(null=True, verbose_name="reminded on")),
                        ("expires_on", models.DateField(verbose_name="expires on")),
                        ("decided_on", models.DateField(null=True, verbose_name="decided on")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "applicant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="asked by",
                            ),
                        ),
                        (
                            "chain",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="approvals.chainversion",
                                verbose_name="chain",
                            ),
                        ),
                        (
                            "rule",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="approvals.chainrule",
                                verbose_name="rule",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.team",
                                verbose_name="team whose superiors decide",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "approval request",
                        "verbose_name_plural": "approval requests",
                        "ordering": ["-pk"],
                        "permissions": [("decide_request", "Can decide requests that wait for them")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["submitted", "returned"])),
                                fields=["id"],
                                name="request_undecided",
                            ),
                            models.Index(fields=["applicant", "-id"], name="request_by_applicant"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("granted__lte", models.F("amount"))),
                                name="request_granted_not_more",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_on__isnull", True), ("state__in", ["submitted", "returned"])),
                                    models.Q(
                                        ("decided_on__isnull", False),
                                        ("state__in", ["approved", "rejected", "withdrawn", "expired"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="request_decided_has_date",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChainStepEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "task",
                            models.CharField(
                                choices=[("review", "Review"), ("confirm", "Confirm"), ("approve", "Approve")],
                                default="approve",
                                max_length=8,
                                verbose_name="task",
                            ),
                        ),
                        (
                            "actor_kind",
                            models.CharField(
                                choices=[
                                    ("role", "A role"),
                                    ("superior", "Superior in the team"),
                                    ("user", "A person"),
                                ],
                                default="role",
                                max_length=8,
                                verbose_name="who decides",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=crm.approvals.models.chains.role_choices,
                                max_length=20,
                                verbose_name="role",
                            ),
                        ),
                        (
                            "level",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="Of a superior: 1 is the nearest, 2 the next above.",
                                verbose_name="level",
                            ),
                        ),
                        (
                            "mode",
                            models.CharField(
                                choices=[("one", "One of them"), ("all", "All of them")],
                                default="one",
                                max_length=3,
                                verbose_name="how many",
                            ),
                        ),
                        (
                            "fallback_role",
                            models.CharField(
                                blank=True,
                                choices=crm.approvals.models.chains.role_choices,
                                help_text="Decides where the step has nobody but the applicant.",
                                max_length=20,
                                verbose_name="fall-back role",
                            ),
                        ),
                        ("may_decrease", models.BooleanField(default=False, verbose_name="may approve for less")),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="approvals.chainstep",
                            ),
                        ),
                        (
                            "rule",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="approvals.chainrule",
                                verbose_name="rule",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="person",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="RequestStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "task",
                            models.CharField(
                                choices=[("review", "Review"), ("confirm", "Confirm"), ("approve", "Approve")],
                                default="approve",
                                max_length=8,
                                verbose_name="task",
                            ),
                        ),
                        (
                            "actor_kind",
                            models.CharField(
                                choices=[
                                    ("role", "A role"),
                                    ("superior", "Superior in the team"),
                                    ("user", "A person"),
                                ],
                                default="role",
                                max_length=8,
                                verbose_name="who decides",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=crm.approvals.models.chains.role_choices,
                                max_length=20,
                                verbose_name="role",
                            ),
                        ),
                        (
                            "level",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="Of a superior: 1 is the nearest, 2 the next above.",
                                verbose_name="level",
                            ),
                        ),
                        (
                            "mode",
                            models.CharField(
                                choices=[("one", "One of them"), ("all", "All of them")],
                                default="one",
                                max_length=3,
                                verbose_name="how many",
                            ),
                        ),
                        (
                            "fallback_role",
                            models.CharField(
                                blank=True,
                                choices=crm.approvals.models.chains.role_choices,
                                help_text="Decides where the step has nobody but the applicant.",
                                max_length=20,
                                verbose_name="fall-back role",
                            ),
                        ),
                        ("may_decrease", models.BooleanField(default=False, verbose_name="may approve for less")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Later"),
                                    ("open", "Now"),
                                    ("approved", "Done"),
                                    ("passed", "Passed over"),
                                ],
                                default="waiting",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("by_fallback", models.BooleanField(default=False, verbose_name="by the fall-back role")),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="steps",
                                to="approvals.request",
                                verbose_name="request",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="person",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "step of a request",
                        "verbose_name_plural": "steps of requests",
                        "ordering": ["request", "position", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "position"), name="request_step_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")), fields=("request",), name="request_one_step_open"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Decision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "verb",
                            models.CharField(
                                choices=[
                                    ("submit", "Asked"),
                                    ("approve", "Approved"),
                                    ("less", "Approved for less"),
                                    ("reject", "Rejected"),
                                    ("ask", "Asked back"),
                                    ("answer", "Answered"),
                                    ("withdraw", "Withdrew"),
                                    ("expire", "Expired"),
                                    ("pass", "Passed over: approved before"),
                                ],
                                max_length=8,
                                verbose_name="decision",
                            ),
                        ),
                        (
                            "amount",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, null=True, verbose_name="amount"
                            ),
                        ),
                        ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason")),
                        (
                            "figures",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                                verbose_name="figures",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                        (
                            "actor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "principal",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="on behalf of",
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="approvals.request",
                                verbose_name="request",
                            ),
                        ),
                        (
                            "step",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="approvals.requeststep",
                                verbose_name="step",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "decision",
                        "verbose_name_plural": "decisions",
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("verb__in", ["approve", "less", "reject"])),
                                fields=("step", "principal"),
                                name="decision_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Assignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_done", models.BooleanField(default=False, verbose_name="done")),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="person",
                            ),
                        ),
                        (
                            "step",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assignments",
                                to="approvals.requeststep",
                                verbose_name="step",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "assignment",
                        "verbose_name_plural": "assignments",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_done", False)), fields=["user"], name="assignment_waiting"
                            )
                        ],
                        "constraints": [models.UniqueConstraint(fields=("step", "user"), name="assignment_once")],
                    },
                ),
            ]
        ),
        AtOnce(
            [
                pgtrigger.migrations.AddTrigger(
                    model_name="chainversion",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "approvals_chainversionevent" ("activated_at", "activated_by_id", "author_ids", "created_at", "expires_after_days", "id", "kind", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "remind_after_days", "state", "version") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."author_ids", OLD."created_at", OLD."expires_after_days", OLD."id", OLD."kind", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."remind_after_days", OLD."state", OLD."version"); RETURN NULL;',
                            hash="8732e63e7d21afba0f3ed6567475b1a424fea551",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_498a4",
                            table="approvals_chainversion",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="chainversion",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "approvals_chainversionevent" ("activated_at", "activated_by_id", "author_ids", "created_at", "expires_after_days", "id", "kind", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "remind_after_days", "state", "version") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."author_ids", OLD."created_at", OLD."expires_after_days", OLD."id", OLD."kind", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."remind_after_days", OLD."state", OLD."version"); RETURN NULL;',
                            hash="bc47ebc9af9f4e13f0f372e3ceba427de50da2eb",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_d26f5",
                            table="approvals_chainversion",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="chainrule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "approvals_chainruleevent" ("amount_over", "amount_up_to", "chain_id", "days_over", "days_up_to", "deviation", "grades", "id", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "variants") VALUES (OLD."amount_over", OLD."amount_up_to", OLD."chain_id", OLD."days_over", OLD."days_up_to", OLD."deviation", OLD."grades", OLD."id", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."variants"); RETURN NULL;',
                            hash="c6d62c6b20c63913fc57f3b17225a940b178af43",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_d1cf9",
                            table="approvals_chainrule",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="chainrule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "approvals_chainruleevent" ("amount_over", "amount_up_to", "chain_id", "days_over", "days_up_to", "deviation", "grades", "id", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "variants") VALUES (OLD."amount_over", OLD."amount_up_to", OLD."chain_id", OLD."days_over", OLD."days_up_to", OLD."deviation", OLD."grades", OLD."id", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."variants"); RETURN NULL;',
                            hash="020b77c3f2fa789c53dfa57466d8d64a11edf036",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_b69d4",
                            table="approvals_chainrule",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="chainstep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "approvals_chainstepevent" ("actor_kind", "fallback_role", "id", "level", "may_decrease", "mode", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "role", "rule_id", "task", "user_id") VALUES (OLD."actor_kind", OLD."fallback_role", OLD."id", OLD."level", OLD."may_decrease", OLD."mode", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."role", OLD."rule_id", OLD."task", OLD."user_id"); RETURN NULL;',
                            hash="77f7c117c88c71329127ee7c38513e00337b33a8",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_60576",
                            table="approvals_chainstep",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="chainstep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "approvals_chainstepevent" ("actor_kind", "fallback_role", "id", "level", "may_decrease", "mode", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "role", "rule_id", "task", "user_id") VALUES (OLD."actor_kind", OLD."fallback_role", OLD."id", OLD."level", OLD."may_decrease", OLD."mode", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."role", OLD."rule_id", OLD."task", OLD."user_id"); RETURN NULL;',
                            hash="e80cabaedb653d04da0f7a8a527cd70eb84aeb00",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_95eec",
                            table="approvals_chainstep",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="request",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="4b9336dd97364b93159c1969d18c211b6438f216",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_72a39",
                            table="approvals_request",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="request",
                    trigger=pgtrigger.compiler.Trigger(
                        name="decided_for_good",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.\"state\" IN ('approved', 'rejected', 'withdrawn', 'expired'))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="4a8f7b2b40b214c8fb38542b582f2b4bf9b3782e",
                            operation="UPDATE",
                            pgid="pgtrigger_decided_for_good_7a445",
                            table="approvals_request",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="request",
                    trigger=pgtrigger.compiler.Trigger(
                        name="as_asked",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."variant" IS DISTINCT FROM (NEW."variant") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."customer_key" IS DISTINCT FROM (NEW."customer_key") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."days" IS DISTINCT FROM (NEW."days") OR OLD."grade" IS DISTINCT FROM (NEW."grade") OR OLD."deviation" IS DISTINCT FROM (NEW."deviation") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."applicant_id" IS DISTINCT FROM (NEW."applicant_id") OR OLD."chain_id" IS DISTINCT FROM (NEW."chain_id") OR OLD."rule_id" IS DISTINCT FROM (NEW."rule_id") OR OLD."submitted_on" IS DISTINCT FROM (NEW."submitted_on"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="dfdcaa6910bf772e5a1a7f09ae3d9058c0df1b35",
                            operation="UPDATE",
                            pgid="pgtrigger_as_asked_a0123",
                            table="approvals_request",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="decision",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="d7bfbe13cfe8daf3c42d7e2f56ce0935c59438c8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_cd8c6",
                            table="approvals_decision",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]

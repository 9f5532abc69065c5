from decimal import Decimal
from typing import Any

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, F, OuterRef, Q, Subquery

import crm.core.at_once


def supersede(apps: Any, schema_editor: Any) -> None:
    """Lowered grades that a newer accepted rating had overtaken before there was a state for it."""
    rating = apps.get_model("credit", "Rating")
    newer = rating.objects.filter(account=OuterRef("account"), pk__gt=OuterRef("pk"), state="accepted")
    rating.objects.filter(Exists(newer), state="provisional").update(state="superseded")


SALES = ("sales_rep", "sales_manager", "sales_director")
CONFIRMING = ("credit_controller", "finance_manager", "finance_director")


def ask_for_confirmation(apps: Any, schema_editor: Any) -> None:
    """Statements that were entered by sales, or by who was the owner of the customer then or is it now."""
    statements = apps.get_model("credit", "FinancialStatement").objects
    users = apps.get_model("accounts", "User").objects
    assignments = apps.get_model("customers", "Assignment").objects.order_by("-created_at", "-pk")
    before = assignments.filter(customer=OuterRef("account__customer"), created_at__lte=OuterRef("created_at"))
    sales = users.filter(groups__name__in=SALES).exclude(groups__name__in=CONFIRMING)
    owned = statements.annotate(owner_then=Subquery(before.values("owner")[:1])).filter(
        Q(created_by=F("owner_then")) | Q(created_by=F("account__customer__owner"))
    )
    asked = Q(created_by__in=sales.values("pk")) | Q(pk__in=owned.values("pk"))
    statements.filter(asked).update(needs_confirmation=True)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("credit", "0012_temporary_days"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatementConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="confirmed at"
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmation",
                        to="credit.financialstatement",
                        verbose_name="statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation of a statement",
                "verbose_name_plural": "confirmations of statements",
                "ordering": ["-pk"],
            },
        ),
        crm.core.at_once.AtOnce(
            operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name="creditpolicy",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="creditpolicy",
                    name="delete_delete",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="rating",
                    name="made_stays",
                ),
                migrations.AddField(
                    model_name="creditpolicy",
                    name="young_percent",
                    field=models.DecimalField(
                        decimal_places=2,
                        default=Decimal(100),
                        help_text="Of what the methods come to. 100: as any other.",
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="share of the limit that a young company is given, in percent",
                    ),
                ),
                migrations.AddField(
                    model_name="creditpolicy",
                    name="young_years",
                    field=models.PositiveSmallIntegerField(
                        default=2,
                        help_text="After the founding of a company. 0: none is young.",
                        verbose_name="young below years",
                    ),
                ),
                migrations.AddField(
                    model_name="creditpolicyevent",
                    name="young_percent",
                    field=models.DecimalField(
                        decimal_places=2,
                        default=Decimal(100),
                        help_text="Of what the methods come to. 100: as any other.",
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="share of the limit that a young company is given, in percent",
                    ),
                ),
                migrations.AddField(
                    model_name="creditpolicyevent",
                    name="young_years",
                    field=models.PositiveSmallIntegerField(
                        default=2,
                        help_text="After the founding of a company. 0: none is young.",
                        verbose_name="young below years",
                    ),
                ),
                migrations.AddField(
                    model_name="financialstatement",
                    name="needs_confirmation",
                    field=models.BooleanField(default=False, verbose_name="counts when somebody else has confirmed it"),
                ),
                migrations.AddField(
                    model_name="policyclass",
                    name="review_days",
                    field=models.PositiveSmallIntegerField(
                        default=365,
                        help_text="After a decision about the limit.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="days to the next review",
                    ),
                ),
                migrations.AddField(
                    model_name="rating",
                    name="investigation",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.investigation",
                        verbose_name="investigation",
                    ),
                ),
                migrations.AddField(
                    model_name="rating",
                    name="statement",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.financialstatement",
                        verbose_name="financial statement",
                    ),
                ),
                migrations.AlterField(
                    model_name="rating",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("accepted", "Accepted"),
                            ("provisional", "Provisional"),
                            ("rejected", "Rejected"),
                            ("lifted", "Lifted"),
                            ("superseded", "Superseded"),
                        ],
                        default="proposed",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
            ],
        ),
        crm.core.at_once.AtOnce(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="creditpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "credit_creditpolicyevent" ("activated_at", "activated_by_id", "author_ids", "capital_percent", "created_at", "factors", "id", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference_percent", "state", "temporary_days", "unrated_grade", "version", "young_percent", "young_years") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."author_ids", OLD."capital_percent", OLD."created_at", OLD."factors", OLD."id", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."reference_percent", OLD."state", OLD."temporary_days", OLD."unrated_grade", OLD."version", OLD."young_percent", OLD."young_years"); RETURN NULL;',
                            hash="36d4d57a9b0bbbabe65efcc6d435c795aa3db4f8",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_fc56c",
                            table="credit_creditpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "credit_creditpolicyevent" ("activated_at", "activated_by_id", "author_ids", "capital_percent", "created_at", "factors", "id", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference_percent", "state", "temporary_days", "unrated_grade", "version", "young_percent", "young_years") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."author_ids", OLD."capital_percent", OLD."created_at", OLD."factors", OLD."id", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reference_percent", OLD."state", OLD."temporary_days", OLD."unrated_grade", OLD."version", OLD."young_percent", OLD."young_years"); RETURN NULL;',
                            hash="921ac80f03982e6fa8593a4d079bb84ac3bc5b18",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_65132",
                            table="credit_creditpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="rating",
                    trigger=pgtrigger.compiler.Trigger(
                        name="made_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN ((OLD.state <> \'proposed\' AND OLD.state IS DISTINCT FROM NEW.state AND NOT (OLD.state = \'provisional\' AND NEW.state IN (\'accepted\', \'lifted\', \'superseded\'))) OR (OLD.state <> \'proposed\' AND ROW(OLD.excluded_by_id, OLD.excluded_reason) IS DISTINCT FROM ROW(NEW.excluded_by_id, NEW.excluded_reason)) OR ROW(OLD."account_id", OLD."scorecard_id", OLD."on", OLD."trigger", OLD."inputs", OLD."points", OLD."missing", OLD."caps", OLD."known", OLD."score", OLD."raw_grade", OLD."grade", OLD."previous", OLD."reason", OLD."proposed_by_id", OLD."review_id", OLD."founded_on", OLD."bounced_on", OLD."statement_id", OLD."investigation_id") IS DISTINCT FROM ROW(NEW."account_id", NEW."scorecard_id", NEW."on", NEW."trigger", NEW."inputs", NEW."points", NEW."missing", NEW."caps", NEW."known", NEW."score", NEW."raw_grade", NEW."grade", NEW."previous", NEW."reason", NEW."proposed_by_id", NEW."review_id", NEW."founded_on", NEW."bounced_on", NEW."statement_id", NEW."investigation_id"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="d47435aab939ce4fd23664dfa9bc4c3ee7394beb",
                            operation="UPDATE",
                            pgid="pgtrigger_made_stays_3f7f1",
                            table="credit_rating",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="creditpolicy",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("young_percent__gte", 0), ("young_percent__lte", 100)),
                        name="credit_policy_young",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyclass",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("review_days__gte", 1)), name="policy_class_review"
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="statementconfirmation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="30f51421478781e75ee9d97110ff5a05480e7b2c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_2fca3",
                            table="credit_statementconfirmation",
                            when="BEFORE",
                        ),
                    ),
                ),
            ],
        ),
        migrations.RunPython(supersede, migrations.RunPython.noop),
        pgtrigger.migrations.RemoveTrigger(model_name="financialstatement", name="append_only"),
        migrations.RunPython(ask_for_confirmation, migrations.RunPython.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="financialstatement",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="48214581a8aef83dd9bad9527a7d4b7230ff07eb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d7dde",
                    table="credit_financialstatement",
                    when="BEFORE",
                ),
            ),
        ),
    ]

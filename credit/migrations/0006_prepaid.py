from decimal import Decimal

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import crm.core.money
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0005_limits"),
        ("customers", "0001_initial"),
    ]

    operations = [
        AtOnce(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="creditcheckpolicy",
                    name="active_stays",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="creditcheckpolicy",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="creditcheckpolicy",
                    name="delete_delete",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="reservation",
                    name="posted",
                ),
                migrations.RemoveConstraint(
                    model_name="creditaccount",
                    name="account_sums_not_negative",
                ),
                migrations.AddField(
                    model_name="creditaccount",
                    name="prepaid",
                    field=crm.core.money.MoneyField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        editable=False,
                        max_digits=18,
                        verbose_name="claimed by prepaid orders",
                    ),
                ),
                migrations.AddField(
                    model_name="creditcheck",
                    name="prepaid",
                    field=crm.core.money.MoneyField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=18,
                        verbose_name="claimed by prepaid orders",
                    ),
                ),
                migrations.AddField(
                    model_name="creditcheckpolicy",
                    name="prepayment",
                    field=models.CharField(
                        choices=[("off", "Not checked"), ("warn", "Warns"), ("hold", "Holds the order")],
                        default="hold",
                        max_length=4,
                        verbose_name="paid in advance, but the money is not there",
                    ),
                ),
                migrations.AddField(
                    model_name="creditcheckpolicyevent",
                    name="prepayment",
                    field=models.CharField(
                        choices=[("off", "Not checked"), ("warn", "Warns"), ("hold", "Holds the order")],
                        default="hold",
                        max_length=4,
                        verbose_name="paid in advance, but the money is not there",
                    ),
                ),
                migrations.AddField(
                    model_name="reservation",
                    name="balance",
                    field=models.CharField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("receivable", "Receivable"),
                            ("unallocated", "Unallocated"),
                            ("uncleared", "Uncleared"),
                            ("prepaid", "Claimed by prepaid orders"),
                        ],
                        default="reserved",
                        max_length=12,
                        verbose_name="balance",
                    ),
                ),
                migrations.AlterField(
                    model_name="creditcheckpolicy",
                    name="limit_tolerance",
                    field=crm.core.money.MoneyField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        help_text="Also what may be missing of a prepayment; in base currency, nothing by default.",
                        max_digits=18,
                        verbose_name="amount over the limit that passes",
                    ),
                ),
                migrations.AlterField(
                    model_name="creditcheckpolicyevent",
                    name="limit_tolerance",
                    field=crm.core.money.MoneyField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        help_text="Also what may be missing of a prepayment; in base currency, nothing by default.",
                        max_digits=18,
                        verbose_name="amount over the limit that passes",
                    ),
                ),
                migrations.AlterField(
                    model_name="creditentry",
                    name="balance",
                    field=models.CharField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("receivable", "Receivable"),
                            ("unallocated", "Unallocated"),
                            ("uncleared", "Uncleared"),
                            ("prepaid", "Claimed by prepaid orders"),
                        ],
                        max_length=12,
                        verbose_name="balance",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditcheckpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="active_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.state <> 'draft' AND ROW(OLD.version, OLD.blacklisted, OLD.not_identified, OLD.frozen, OLD.cash_only, OLD.limit_never_set, OLD.over_limit, OLD.overdue, OLD.review_overdue, OLD.settlement, OLD.term, OLD.prepayment, OLD.overdue_days, OLD.overdue_tolerance, OLD.limit_tolerance) IS DISTINCT FROM ROW(NEW.version, NEW.blacklisted, NEW.not_identified, NEW.frozen, NEW.cash_only, NEW.limit_never_set, NEW.over_limit, NEW.overdue, NEW.review_overdue, NEW.settlement, NEW.term, NEW.prepayment, NEW.overdue_days, NEW.overdue_tolerance, NEW.limit_tolerance))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="6884408cc63cf46a2e4f646916833ab5748bd112",
                            operation="UPDATE",
                            pgid="pgtrigger_active_stays_4fb19",
                            table="credit_creditcheckpolicy",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditcheckpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "credit_creditcheckpolicyevent" ("activated_at", "activated_by_id", "author_ids", "blacklisted", "cash_only", "created_at", "frozen", "id", "limit_never_set", "limit_tolerance", "name_en", "name_zh", "not_identified", "over_limit", "overdue", "overdue_days", "overdue_tolerance", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prepayment", "review_overdue", "settlement", "state", "term", "version") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."author_ids", OLD."blacklisted", OLD."cash_only", OLD."created_at", OLD."frozen", OLD."id", OLD."limit_never_set", OLD."limit_tolerance", OLD."name_en", OLD."name_zh", OLD."not_identified", OLD."over_limit", OLD."overdue", OLD."overdue_days", OLD."overdue_tolerance", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."prepayment", OLD."review_overdue", OLD."settlement", OLD."state", OLD."term", OLD."version"); RETURN NULL;',
                            hash="96a24e025b72c601b792237dccc2f1759002b9d3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_108b6",
                            table="credit_creditcheckpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditcheckpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "credit_creditcheckpolicyevent" ("activated_at", "activated_by_id", "author_ids", "blacklisted", "cash_only", "created_at", "frozen", "id", "limit_never_set", "limit_tolerance", "name_en", "name_zh", "not_identified", "over_limit", "overdue", "overdue_days", "overdue_tolerance", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prepayment", "review_overdue", "settlement", "state", "term", "version") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."author_ids", OLD."blacklisted", OLD."cash_only", OLD."created_at", OLD."frozen", OLD."id", OLD."limit_never_set", OLD."limit_tolerance", OLD."name_en", OLD."name_zh", OLD."not_identified", OLD."over_limit", OLD."overdue", OLD."overdue_days", OLD."overdue_tolerance", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."prepayment", OLD."review_overdue", OLD."settlement", OLD."state", OLD."term", OLD."version"); RETURN NULL;',
                            hash="9afd5a40103fdbff2b62276f688022db665914f6",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_34176",
                            table="credit_creditcheckpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="reservation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="posted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."source_kind" IS DISTINCT FROM (NEW."source_kind") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."balance" IS DISTINCT FROM (NEW."balance") OR OLD."on" IS DISTINCT FROM (NEW."on") OR OLD."amount" IS DISTINCT FROM (NEW."amount"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="45d87e7553cb5d745768aa55e4ec5cfb71814987",
                            operation="UPDATE",
                            pgid="pgtrigger_posted_6fa2e",
                            table="credit_reservation",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="creditaccount",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("prepaid__gte", 0),
                            ("receivable__gte", 0),
                            ("reserved__gte", 0),
                            ("unallocated__gte", 0),
                            ("uncleared__gte", 0),
                        ),
                        name="account_sums_not_negative",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reservation",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("balance__in", ("reserved", "prepaid"))), name="reservation_balance"
                    ),
                ),
                migrations.AddIndex(
                    model_name="reservation",
                    index=models.Index(fields=["source_kind", "source_id"], name="reservation_by_source"),
                ),
            ]
        ),
    ]

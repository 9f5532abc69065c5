import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import crm.core.money
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        AtOnce(
            [
                migrations.CreateModel(
                    name="LegalEntity",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.CharField(max_length=20, unique=True, verbose_name="code")),
                        (
                            "uscc",
                            models.CharField(blank=True, max_length=18, verbose_name="unified social credit code"),
                        ),
                        ("address", models.CharField(blank=True, max_length=255, verbose_name="address")),
                        (
                            "closed_through",
                            models.DateField(
                                blank=True,
                                help_text="No movement may be dated on or before this day.",
                                null=True,
                                verbose_name="closing date",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        (
                            "bank_details",
                            models.TextField(
                                blank=True,
                                help_text="Account holder, bank and account number, line by line: printed on letters as where to pay.",
                                max_length=500,
                                verbose_name="bank details",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "legal entity",
                        "verbose_name_plural": "legal entities",
                        "ordering": ["code"],
                        "permissions": [
                            ("close_period", "Can set the closing date"),
                            ("reopen_period", "Can move a closing date back"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Currency",
                    fields=[
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        (
                            "code",
                            crm.core.money.CurrencyCodeField(
                                max_length=3, primary_key=True, serialize=False, verbose_name="currency"
                            ),
                        ),
                        ("places", models.PositiveSmallIntegerField(default=2, verbose_name="decimal places")),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                    ],
                    options={
                        "verbose_name": "currency",
                        "verbose_name_plural": "currencies",
                        "ordering": ["code"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("places__lte", 2)), name="currency_places_0_to_2"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("scope", models.CharField(max_length=40, verbose_name="scope")),
                        ("key", models.CharField(max_length=100, verbose_name="key")),
                        ("fingerprint", models.CharField(max_length=64, verbose_name="fingerprint")),
                        (
                            "result_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None, verbose_name="results"
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                    ],
                    options={
                        "verbose_name": "idempotency key",
                        "verbose_name_plural": "idempotency keys",
                        "constraints": [models.UniqueConstraint(fields=("scope", "key"), name="idempotency_key_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Installation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("base_currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="base currency")),
                        ("time_zone", models.CharField(max_length=64, verbose_name="business time zone")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                    ],
                    options={
                        "verbose_name": "installation",
                        "verbose_name_plural": "installation",
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("id", 1)), name="installation_one_row")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NumberSeries",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=40, unique=True, verbose_name="series")),
                        ("last", models.BigIntegerField(verbose_name="last number")),
                    ],
                    options={
                        "verbose_name": "number series",
                        "verbose_name_plural": "number series",
                    },
                ),
                migrations.CreateModel(
                    name="LegalEntityEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.CharField(max_length=20, verbose_name="code")),
                        (
                            "uscc",
                            models.CharField(blank=True, max_length=18, verbose_name="unified social credit code"),
                        ),
                        ("address", models.CharField(blank=True, max_length=255, verbose_name="address")),
                        (
                            "closed_through",
                            models.DateField(
                                blank=True,
                                help_text="No movement may be dated on or before this day.",
                                null=True,
                                verbose_name="closing date",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
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
                                to="core.legalentity",
                            ),
                        ),
                        (
                            "bank_details",
                            models.TextField(
                                blank=True,
                                help_text="Account holder, bank and account number, line by line: printed on letters as where to pay.",
                                max_length=500,
                                verbose_name="bank details",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Rate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("date", models.DateField(verbose_name="date")),
                        (
                            "rate",
                            crm.core.money.RateField(
                                decimal_places=8,
                                help_text="Base currency for one unit of this currency.",
                                max_digits=18,
                                verbose_name="rate",
                            ),
                        ),
                        (
                            "currency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rates",
                                to="core.currency",
                                verbose_name="currency",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "exchange rate",
                        "verbose_name_plural": "exchange rates",
                        "ordering": ["currency", "-date"],
                        "constraints": [
                            models.UniqueConstraint(fields=("currency", "date"), name="rate_once_a_day"),
                            models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="rate_positive"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RateEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("date", models.DateField(verbose_name="date")),
                        (
                            "rate",
                            crm.core.money.RateField(
                                decimal_places=8,
                                help_text="Base currency for one unit of this currency.",
                                max_digits=18,
                                verbose_name="rate",
                            ),
                        ),
                        (
                            "currency",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="core.currency",
                                verbose_name="currency",
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
                                to="core.rate",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ]
        ),
        AtOnce(
            [
                pgtrigger.migrations.AddTrigger(
                    model_name="legalentity",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "core_legalentityevent" ("address", "bank_details", "closed_through", "code", "id", "is_active", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "uscc") VALUES (OLD."address", OLD."bank_details", OLD."closed_through", OLD."code", OLD."id", OLD."is_active", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."uscc"); RETURN NULL;',
                            hash="af32f8d36dc194d2afac771df5057dcf3c3113d5",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_51a9f",
                            table="core_legalentity",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="legalentity",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "core_legalentityevent" ("address", "bank_details", "closed_through", "code", "id", "is_active", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "uscc") VALUES (OLD."address", OLD."bank_details", OLD."closed_through", OLD."code", OLD."id", OLD."is_active", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."uscc"); RETURN NULL;',
                            hash="7bc08a51622cbafd61a250f4ab82437faf9e8883",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_8c130",
                            table="core_legalentity",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="rate",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "core_rateevent" ("currency_id", "date", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate") VALUES (OLD."currency_id", OLD."date", OLD."id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."rate"); RETURN NULL;',
                            hash="d40ec6aae038422fc87c0353d48b7bfbe781b125",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_a9353",
                            table="core_rate",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="rate",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "core_rateevent" ("currency_id", "date", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate") VALUES (OLD."currency_id", OLD."date", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."rate"); RETURN NULL;',
                            hash="59e1b43ea969dea00a3a04881db1e115cff896c4",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_96eb2",
                            table="core_rate",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
    ]

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import crm.core.at_once


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_tiers"),
    ]

    operations = [
        crm.core.at_once.AtOnce(
            operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name="customer",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="customer",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="customer",
                    name="legal_form",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("limited", "Limited liability company"),
                            ("shares", "Joint-stock company"),
                            ("partnership", "Partnership"),
                            ("sole", "Sole-owner firm"),
                            ("individual", "Individual business"),
                            ("public", "Public body"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                        verbose_name="legal form",
                    ),
                ),
                migrations.AddField(
                    model_name="customer",
                    name="proprietor",
                    field=models.CharField(blank=True, max_length=80, verbose_name="owner who answers personally"),
                ),
                migrations.AddField(
                    model_name="customer",
                    name="proprietor_residence",
                    field=models.CharField(blank=True, max_length=255, verbose_name="residence of that owner"),
                ),
                migrations.AddField(
                    model_name="customerevent",
                    name="legal_form",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("limited", "Limited liability company"),
                            ("shares", "Joint-stock company"),
                            ("partnership", "Partnership"),
                            ("sole", "Sole-owner firm"),
                            ("individual", "Individual business"),
                            ("public", "Public body"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                        verbose_name="legal form",
                    ),
                ),
                migrations.AddField(
                    model_name="customerevent",
                    name="proprietor",
                    field=models.CharField(blank=True, max_length=80, verbose_name="owner who answers personally"),
                ),
                migrations.AddField(
                    model_name="customerevent",
                    name="proprietor_residence",
                    field=models.CharField(blank=True, max_length=255, verbose_name="residence of that owner"),
                ),
            ],
        ),
        crm.core.at_once.AtOnce(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="customer",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "customers_customerevent" ("address", "category", "code", "core_name", "country", "created_at", "created_by_id", "email", "english_name", "founded_on", "id", "industry_id", "kind", "legal_form", "legal_representative", "merged_into_id", "name", "notes", "other_names", "owner_id", "ownership", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_digits", "pinyin", "proprietor", "proprietor_residence", "region_id", "registered_capital", "registered_capital_currency", "search_text", "short_name", "size", "state", "team_id", "uscc", "version", "website") VALUES (OLD."address", OLD."category", OLD."code", OLD."core_name", OLD."country", OLD."created_at", OLD."created_by_id", OLD."email", OLD."english_name", OLD."founded_on", OLD."id", OLD."industry_id", OLD."kind", OLD."legal_form", OLD."legal_representative", OLD."merged_into_id", OLD."name", OLD."notes", OLD."other_names", OLD."owner_id", OLD."ownership", OLD."parent_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."phone", OLD."phone_digits", OLD."pinyin", OLD."proprietor", OLD."proprietor_residence", OLD."region_id", OLD."registered_capital", OLD."registered_capital_currency", OLD."search_text", OLD."short_name", OLD."size", OLD."state", OLD."team_id", OLD."uscc", OLD."version", OLD."website"); RETURN NULL;',
                            hash="1b22e657fe6a8094ea27467f8786652d36e2fd20",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_ca86d",
                            table="customers_customer",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="customer",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "customers_customerevent" ("address", "category", "code", "core_name", "country", "created_at", "created_by_id", "email", "english_name", "founded_on", "id", "industry_id", "kind", "legal_form", "legal_representative", "merged_into_id", "name", "notes", "other_names", "owner_id", "ownership", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_digits", "pinyin", "proprietor", "proprietor_residence", "region_id", "registered_capital", "registered_capital_currency", "search_text", "short_name", "size", "state", "team_id", "uscc", "version", "website") VALUES (OLD."address", OLD."category", OLD."code", OLD."core_name", OLD."country", OLD."created_at", OLD."created_by_id", OLD."email", OLD."english_name", OLD."founded_on", OLD."id", OLD."industry_id", OLD."kind", OLD."legal_form", OLD."legal_representative", OLD."merged_into_id", OLD."name", OLD."notes", OLD."other_names", OLD."owner_id", OLD."ownership", OLD."parent_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."phone_digits", OLD."pinyin", OLD."proprietor", OLD."proprietor_residence", OLD."region_id", OLD."registered_capital", OLD."registered_capital_currency", OLD."search_text", OLD."short_name", OLD."size", OLD."state", OLD."team_id", OLD."uscc", OLD."version", OLD."website"); RETURN NULL;',
                            hash="308aca6f1f75653c941700d016dcc44eb802e021",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_939ca",
                            table="customers_customer",
                            when="AFTER",
                        ),
                    ),
                ),
            ],
        ),
    ]

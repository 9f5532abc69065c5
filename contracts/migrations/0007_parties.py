"""Names of both parties as a contract prints them."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0006_amendments"),
    ]

    operations = [
        AtOnce(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="contract",
                    name="figures_stay",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="contract",
                    name="update_update",
                ),
                migrations.AddField(
                    model_name="contract",
                    name="party_a",
                    field=models.CharField(
                        blank=True, default="", editable=False, max_length=120, verbose_name="our name as printed"
                    ),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="party_b",
                    field=models.CharField(
                        blank=True,
                        default="",
                        editable=False,
                        max_length=200,
                        verbose_name="name of the customer as printed",
                    ),
                ),
                migrations.AddField(
                    model_name="contractevent",
                    name="party_a",
                    field=models.CharField(
                        blank=True, default="", editable=False, max_length=120, verbose_name="our name as printed"
                    ),
                ),
                migrations.AddField(
                    model_name="contractevent",
                    name="party_b",
                    field=models.CharField(
                        blank=True,
                        default="",
                        editable=False,
                        max_length=200,
                        verbose_name="name of the customer as printed",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contract",
                    trigger=pgtrigger.compiler.Trigger(
                        name="figures_stay",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD.state <> \'draft\' AND ROW(OLD."kind", OLD."title", OLD."language", OLD."currency", OLD."amount", OLD."term_days", OLD."settlement", OLD."starts_on", OLD."ends_on", OLD."values", OLD."customer_signatory", OLD."customer_authority", OLD."our_signatory", OLD."our_authority", OLD."deviates", OLD."party_a", OLD."party_b") IS DISTINCT FROM ROW(NEW."kind", NEW."title", NEW."language", NEW."currency", NEW."amount", NEW."term_days", NEW."settlement", NEW."starts_on", NEW."ends_on", NEW."values", NEW."customer_signatory", NEW."customer_authority", NEW."our_signatory", NEW."our_authority", NEW."deviates", NEW."party_a", NEW."party_b"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="62d0e9ffd2cd78cb3338110cdb9b13d6cbc65022",
                            operation="UPDATE",
                            pgid="pgtrigger_figures_stay_1eeb1",
                            table="contracts_contract",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contract",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."customer_id" IS DISTINCT FROM (NEW."customer_id") OR OLD."customer_authority" IS DISTINCT FROM (NEW."customer_authority") OR OLD."customer_signatory" IS DISTINCT FROM (NEW."customer_signatory") OR OLD."deviates" IS DISTINCT FROM (NEW."deviates") OR OLD."end_reason" IS DISTINCT FROM (NEW."end_reason") OR OLD."ended_on" IS DISTINCT FROM (NEW."ended_on") OR OLD."ends_on" IS DISTINCT FROM (NEW."ends_on") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."legal_entity_id" IS DISTINCT FROM (NEW."legal_entity_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."our_authority" IS DISTINCT FROM (NEW."our_authority") OR OLD."our_signatory" IS DISTINCT FROM (NEW."our_signatory") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id") OR OLD."party_a" IS DISTINCT FROM (NEW."party_a") OR OLD."party_b" IS DISTINCT FROM (NEW."party_b") OR OLD."reminded_days" IS DISTINCT FROM (NEW."reminded_days") OR OLD."replaced_on" IS DISTINCT FROM (NEW."replaced_on") OR OLD."settlement" IS DISTINCT FROM (NEW."settlement") OR OLD."signed_on" IS DISTINCT FROM (NEW."signed_on") OR OLD."starts_on" IS DISTINCT FROM (NEW."starts_on") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."template_version_id" IS DISTINCT FROM (NEW."template_version_id") OR OLD."term_days" IS DISTINCT FROM (NEW."term_days") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."values" IS DISTINCT FROM (NEW."values") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                            func='INSERT INTO "contracts_contractevent" ("amount", "created_at", "created_by_id", "currency", "customer_authority", "customer_id", "customer_signatory", "deviates", "end_reason", "ended_on", "ends_on", "id", "kind", "language", "legal_entity_id", "number", "our_authority", "our_signatory", "owner_id", "party_a", "party_b", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminded_days", "replaced_on", "settlement", "signed_on", "starts_on", "state", "template_version_id", "term_days", "title", "values", "version") VALUES (OLD."amount", OLD."created_at", OLD."created_by_id", OLD."currency", OLD."customer_authority", OLD."customer_id", OLD."customer_signatory", OLD."deviates", OLD."end_reason", OLD."ended_on", OLD."ends_on", OLD."id", OLD."kind", OLD."language", OLD."legal_entity_id", OLD."number", OLD."our_authority", OLD."our_signatory", OLD."owner_id", OLD."party_a", OLD."party_b", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."reminded_days", OLD."replaced_on", OLD."settlement", OLD."signed_on", OLD."starts_on", OLD."state", OLD."template_version_id", OLD."term_days", OLD."title", OLD."values", OLD."version"); RETURN NULL;',
                            hash="4a9a3207500cdf57f3fc0412558bc698a671f688",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_3acc9",
                            table="contracts_contract",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
    ]

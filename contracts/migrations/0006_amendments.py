"""Further versions of a contract, and the loan of paper originals."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0005_changed_clauses"),
        ("core", "0001_initial"),
        ("customers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OriginalLoan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=200, verbose_name="purpose")),
                ("lent_on", models.DateField(verbose_name="lent on")),
                ("due_on", models.DateField(verbose_name="due back on")),
                ("returned_on", models.DateField(editable=False, null=True, verbose_name="returned on")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                    ),
                ),
            ],
            options={
                "verbose_name": "loan of an original",
                "verbose_name_plural": "loans of originals",
                "ordering": ["-pk"],
                "permissions": [("lend_original", "Can lend paper originals and take them back")],
            },
        ),
        AtOnce(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="contract",
                    name="identity_stays",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="contract",
                    name="way",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="contract",
                    name="update_update",
                ),
                migrations.RemoveConstraint(
                    model_name="contract",
                    name="contract_over_has_date",
                ),
                migrations.AddField(
                    model_name="contract",
                    name="change",
                    field=models.CharField(
                        blank=True,
                        choices=[("amendment", "Amendment"), ("renewal", "Renewal")],
                        default="",
                        editable=False,
                        max_length=9,
                        verbose_name="kind of change",
                    ),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="is_current",
                    field=models.BooleanField(default=True, editable=False, verbose_name="current version"),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="replaced_on",
                    field=models.DateField(editable=False, null=True, verbose_name="replaced on"),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="replaces",
                    field=models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replacements",
                        to="contracts.contract",
                        verbose_name="replaces",
                    ),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="revision",
                    field=models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="root",
                    field=models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="contracts.contract",
                        verbose_name="first version",
                    ),
                ),
                migrations.AddField(
                    model_name="contract",
                    name="term",
                    field=models.PositiveSmallIntegerField(
                        default=1, editable=False, verbose_name="term begun by version"
                    ),
                ),
            ]
        ),
        migrations.RunSQL(
            "UPDATE contracts_contract SET root_id = id; SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop
        ),
        AtOnce(
            [
                migrations.AlterField(
                    model_name="contract",
                    name="root",
                    field=models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="contracts.contract",
                        verbose_name="first version",
                    ),
                ),
                migrations.AddField(
                    model_name="contractevent",
                    name="replaced_on",
                    field=models.DateField(editable=False, null=True, verbose_name="replaced on"),
                ),
                migrations.AlterField(
                    model_name="contract",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("in_approval", "In approval"),
                            ("approved", "Approved"),
                            ("signed", "Signed"),
                            ("in_performance", "In performance"),
                            ("completed", "Completed"),
                            ("terminated", "Terminated"),
                            ("expired", "Expired"),
                            ("superseded", "Superseded"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=14,
                        verbose_name="state",
                    ),
                ),
                migrations.AlterField(
                    model_name="contractevent",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("in_approval", "In approval"),
                            ("approved", "Approved"),
                            ("signed", "Signed"),
                            ("in_performance", "In performance"),
                            ("completed", "Completed"),
                            ("terminated", "Terminated"),
                            ("expired", "Expired"),
                            ("superseded", "Superseded"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=14,
                        verbose_name="state",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contract",
                    trigger=pgtrigger.compiler.Trigger(
                        name="own_root",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="NEW.root_id = COALESCE(NEW.root_id, NEW.id); RETURN NEW;",
                            hash="ab9d08582a7b6cea54722a375e7162ee7ce1e1a0",
                            operation="INSERT",
                            pgid="pgtrigger_own_root_c1008",
                            table="contracts_contract",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contract",
                    trigger=pgtrigger.compiler.Trigger(
                        name="identity_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (ROW(OLD."number", OLD."customer_id", OLD."legal_entity_id", OLD."template_version_id", OLD."created_by_id", OLD."root_id", OLD."revision", OLD."change", OLD."replaces_id", OLD."term") IS DISTINCT FROM ROW(NEW."number", NEW."customer_id", NEW."legal_entity_id", NEW."template_version_id", NEW."created_by_id", NEW."root_id", NEW."revision", NEW."change", NEW."replaces_id", NEW."term"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="57d74ddc517cff9fcd2db0a5b7969bfbbc21f11b",
                            operation="UPDATE",
                            pgid="pgtrigger_identity_stays_c25fc",
                            table="contracts_contract",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contract",
                    trigger=pgtrigger.compiler.Trigger(
                        name="way",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{draft:in_approval,draft:terminated,in_approval:draft,in_approval:approved,approved:signed,approved:terminated,signed:in_performance,signed:completed,signed:terminated,signed:expired,signed:superseded,in_performance:completed,in_performance:terminated,in_performance:expired,in_performance:superseded}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="ba90d173f6d491783af625e27c3ee55894f28b9c",
                            operation="UPDATE",
                            pgid="pgtrigger_way_6ded2",
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
                            condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."customer_id" IS DISTINCT FROM (NEW."customer_id") OR OLD."customer_authority" IS DISTINCT FROM (NEW."customer_authority") OR OLD."customer_signatory" IS DISTINCT FROM (NEW."customer_signatory") OR OLD."deviates" IS DISTINCT FROM (NEW."deviates") OR OLD."end_reason" IS DISTINCT FROM (NEW."end_reason") OR OLD."ended_on" IS DISTINCT FROM (NEW."ended_on") OR OLD."ends_on" IS DISTINCT FROM (NEW."ends_on") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."legal_entity_id" IS DISTINCT FROM (NEW."legal_entity_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."our_authority" IS DISTINCT FROM (NEW."our_authority") OR OLD."our_signatory" IS DISTINCT FROM (NEW."our_signatory") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id") OR OLD."reminded_days" IS DISTINCT FROM (NEW."reminded_days") OR OLD."replaced_on" IS DISTINCT FROM (NEW."replaced_on") OR OLD."settlement" IS DISTINCT FROM (NEW."settlement") OR OLD."signed_on" IS DISTINCT FROM (NEW."signed_on") OR OLD."starts_on" IS DISTINCT FROM (NEW."starts_on") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."template_version_id" IS DISTINCT FROM (NEW."template_version_id") OR OLD."term_days" IS DISTINCT FROM (NEW."term_days") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."values" IS DISTINCT FROM (NEW."values") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                            func='INSERT INTO "contracts_contractevent" ("amount", "created_at", "created_by_id", "currency", "customer_authority", "customer_id", "customer_signatory", "deviates", "end_reason", "ended_on", "ends_on", "id", "kind", "language", "legal_entity_id", "number", "our_authority", "our_signatory", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminded_days", "replaced_on", "settlement", "signed_on", "starts_on", "state", "template_version_id", "term_days", "title", "values", "version") VALUES (OLD."amount", OLD."created_at", OLD."created_by_id", OLD."currency", OLD."customer_authority", OLD."customer_id", OLD."customer_signatory", OLD."deviates", OLD."end_reason", OLD."ended_on", OLD."ends_on", OLD."id", OLD."kind", OLD."language", OLD."legal_entity_id", OLD."number", OLD."our_authority", OLD."our_signatory", OLD."owner_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."reminded_days", OLD."replaced_on", OLD."settlement", OLD."signed_on", OLD."starts_on", OLD."state", OLD."template_version_id", OLD."term_days", OLD."title", OLD."values", OLD."version"); RETURN NULL;',
                            hash="f3dd3a5a463cbe6b86cafc6045e3249a8efda0c9",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_3acc9",
                            table="contracts_contract",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="contract",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_on__isnull", False),
                                ("state__in", ("completed", "terminated", "expired", "superseded")),
                            ),
                            models.Q(
                                ("ended_on__isnull", True),
                                models.Q(
                                    ("state__in", ("completed", "terminated", "expired", "superseded")), _negated=True
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="contract_over_has_date",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="contract",
                    constraint=models.UniqueConstraint(fields=("root", "revision"), name="contract_version_once"),
                ),
                migrations.AddConstraint(
                    model_name="contract",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("root",), name="contract_one_current"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="contract",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state__in", ("draft", "in_approval", "approved"))),
                        fields=("root",),
                        name="contract_one_in_work",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="contract",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("change", ""), ("replaces__isnull", True), ("revision", 1), ("term", 1)),
                            models.Q(
                                ("change__in", ["amendment", "renewal"]),
                                ("replaces__isnull", False),
                                ("revision__gt", 1),
                            ),
                            _connector="OR",
                        ),
                        name="contract_version_replaces",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="contract",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "superseded"), _negated=True),
                            models.Q(("is_current", False), ("replaced_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="contract_superseded_by_one",
                    ),
                ),
                migrations.AddField(
                    model_name="originalloan",
                    name="borrower",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="borrower",
                    ),
                ),
                migrations.AddField(
                    model_name="originalloan",
                    name="contract",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="contracts.contract",
                        verbose_name="contract",
                    ),
                ),
                migrations.AddField(
                    model_name="originalloan",
                    name="lent_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lent by",
                    ),
                ),
                migrations.AddField(
                    model_name="originalloan",
                    name="taken_back_by",
                    field=models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taken back by",
                    ),
                ),
                migrations.AddIndex(
                    model_name="originalloan",
                    index=models.Index(
                        condition=models.Q(("returned_on__isnull", True)), fields=["due_on"], name="original_out"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="originalloan",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("returned_on__isnull", True)),
                        fields=("contract",),
                        name="original_lent_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="originalloan",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("lent_on"))), name="original_days_in_order"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="originalloan",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("returned_on__isnull", True), ("taken_back_by__isnull", True)),
                            models.Q(("returned_on__gte", models.F("lent_on")), ("taken_back_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="original_returned",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="originalloan",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="a6e4c70751abf1ff04e02e29e7cf8b96dd295c4c",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_0a311",
                            table="contracts_originalloan",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="originalloan",
                    trigger=pgtrigger.compiler.Trigger(
                        name="lent_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD.returned_on IS NOT NULL OR ROW(OLD."contract_id", OLD."borrower_id", OLD."purpose", OLD."lent_on", OLD."due_on", OLD."lent_by_id", OLD."recorded_at") IS DISTINCT FROM ROW(NEW."contract_id", NEW."borrower_id", NEW."purpose", NEW."lent_on", NEW."due_on", NEW."lent_by_id", NEW."recorded_at"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="fecb036e2e6529e49f58b79ac282c3ba7f5eec3f",
                            operation="UPDATE",
                            pgid="pgtrigger_lent_stays_96d51",
                            table="contracts_originalloan",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]

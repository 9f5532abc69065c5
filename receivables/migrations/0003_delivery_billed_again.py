import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0002_order"),
        ("receivables", "0002_order"),
    ]

    operations = [
        AtOnce(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="deliveryinvoice",
                    name="append_only",
                ),
                migrations.AddField(
                    model_name="deliveryinvoice",
                    name="reversed_on",
                    field=models.DateField(null=True, verbose_name="reversed on"),
                ),
                migrations.AlterField(
                    model_name="allocation",
                    name="method",
                    field=models.CharField(
                        choices=[
                            ("reference", "By reference"),
                            ("exact", "Exact amount"),
                            ("oldest", "Oldest first"),
                            ("manual", "By hand"),
                            ("import", "Import"),
                            ("prepayment", "Paid in advance"),
                            ("bounce", "Bounced"),
                            ("reversal", "Reversal"),
                        ],
                        max_length=12,
                        verbose_name="method",
                    ),
                ),
                migrations.AlterField(
                    model_name="deliveryinvoice",
                    name="delivery",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contracts.delivery",
                        verbose_name="delivery",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="deliveryinvoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="posted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."delivery_id" IS DISTINCT FROM (NEW."delivery_id") OR OLD."invoice_id" IS DISTINCT FROM (NEW."invoice_id"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="5e02f780d5b56fb314e2be43c6a77f6ce8f02a96",
                            operation="UPDATE",
                            pgid="pgtrigger_posted_e0a38",
                            table="receivables_deliveryinvoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="deliveryinvoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="fc5e92c8ca469d124c3421d39d390839b6896ffb",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_37b30",
                            table="receivables_deliveryinvoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="deliveryinvoice",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("reversed_on__isnull", True)),
                        fields=("delivery",),
                        name="delivery_billed_once",
                    ),
                ),
            ]
        ),
    ]

from typing import Any

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# A word that is not known stands for both languages.
ENGLISH = {
    "个": "pc",
    "件": "pc",
    "只": "pc",
    "支": "pc",
    "根": "pc",
    "块": "pc",
    "片": "pc",
    "台": "unit",
    "辆": "unit",
    "套": "set",
    "组": "set",
    "对": "pair",
    "双": "pair",
    "批": "lot",
    "包": "pack",
    "袋": "bag",
    "瓶": "bottle",
    "桶": "drum",
    "罐": "can",
    "盒": "box",
    "箱": "carton",
    "卷": "roll",
    "张": "sheet",
    "米": "m",
    "平方米": "m²",
    "立方米": "m³",
    "升": "L",
    "克": "g",
    "千克": "kg",
    "公斤": "kg",
    "吨": "t",
    "次": "time",
    "人": "person",
    "小时": "hour",
    "天": "day",
    "月": "month",
    "年": "year",
}


def name_in_english(apps: Any, schema_editor: Any) -> None:
    """Give every product, and what it was before its changes, the English word for its unit."""
    for name in ("Product", "ProductEvent"):
        model = apps.get_model("contracts", name)
        for unit in model.objects.order_by().values_list("unit_zh", flat=True).distinct():
            model.objects.filter(unit_zh=unit).update(unit_en=ENGLISH.get(unit, unit))


class Migration(migrations.Migration):
    dependencies = [("contracts", "0014_order_papers")]
    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="product", name="update_update"),
        pgtrigger.migrations.RemoveTrigger(model_name="product", name="delete_delete"),
        migrations.RenameField("product", "unit", "unit_zh"),
        migrations.RenameField("productevent", "unit", "unit_zh"),
        migrations.AlterField("product", "unit_zh", models.CharField(max_length=20, verbose_name="Chinese unit")),
        migrations.AlterField("productevent", "unit_zh", models.CharField(max_length=20, verbose_name="Chinese unit")),
        migrations.AddField(
            "product",
            "unit_en",
            models.CharField(default="", max_length=20, verbose_name="English unit"),
            preserve_default=False,
        ),
        migrations.AddField(
            "productevent",
            "unit_en",
            models.CharField(default="", max_length=20, verbose_name="English unit"),
            preserve_default=False,
        ),
        migrations.RunPython(name_in_english, migrations.RunPython.noop, elidable=True),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "contracts_productevent" ("code", "cost", "id", "is_active", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "unit_en", "unit_zh") VALUES (OLD."code", OLD."cost", OLD."id", OLD."is_active", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."price", OLD."unit_en", OLD."unit_zh"); RETURN NULL;',
                    hash="57e809c0f4c2d47d839b62e0923e16a6bb9ee4b6",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_c0908",
                    table="contracts_product",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contracts_productevent" ("code", "cost", "id", "is_active", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "unit_en", "unit_zh") VALUES (OLD."code", OLD."cost", OLD."id", OLD."is_active", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."price", OLD."unit_en", OLD."unit_zh"); RETURN NULL;',
                    hash="2d66f9ec798757ebed4d41696bbc760df78ad19e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_2d0b6",
                    table="contracts_product",
                    when="AFTER",
                ),
            ),
        ),
    ]

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0004_payment_plan"),
    ]

    operations = [
        migrations.AddField(
            model_name="contract",
            name="changed_keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SlugField(max_length=40),
                default=list,
                editable=False,
                size=None,
                verbose_name="clauses that differ",
            ),
        ),
    ]

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Authorization",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("data", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BucketName",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("bucket_id", models.CharField(db_index=True, max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="UploadUrl",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.CharField(db_index=True, max_length=255)),
                ("url", models.TextField()),
                ("token", models.TextField()),
            ],
        ),
    ]

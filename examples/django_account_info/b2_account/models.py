"""The tables. Who can read them can do what the key of the application may do."""

from __future__ import annotations

from django.db import models


class Authorization(models.Model):
    """One row, so that it is replaced as a whole. It is there before the first authorization, to be locked."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    data = models.JSONField(null=True)


class BucketName(models.Model):
    """A bucket whose id need not be asked for."""

    name = models.CharField(max_length=100, primary_key=True)
    bucket_id = models.CharField(max_length=100, db_index=True)


class UploadUrl(models.Model):
    """An upload URL that nobody uses. It is good for the files of a bucket, or for the parts of a large file."""

    target = models.CharField(max_length=255, db_index=True)
    url = models.TextField()
    token = models.TextField()

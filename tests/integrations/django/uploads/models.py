"""The table of documents."""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """A file that a user has uploaded."""

    file = models.FileField(upload_to="documents/")

    def __str__(self) -> str:
        return str(self.file)

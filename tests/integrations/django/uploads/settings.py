"""A Django project whose uploads are in a bucket, as in docs/django.md; the environment says which."""

from __future__ import annotations

import os
from typing import Any

SECRET_KEY = "of the tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["uploads"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "uploads.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, Any] = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["UPLOADS_SQLITE"]}}
FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "b2sdk.integrations.django.B2Storage",
        "OPTIONS": {
            "bucket_name": os.environ["UPLOADS_BUCKET"],
            "realm": os.environ["UPLOADS_REALM"],
            "location": "media",
        },
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

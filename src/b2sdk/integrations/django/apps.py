"""The application, which a project installs for its command ``collectstatic``."""

from __future__ import annotations

from b2sdk.integrations.django.untyped import AppConfig


class B2StorageConfig(AppConfig):
    """Has no models."""

    name: str = "b2sdk.integrations.django"
    label: str = "b2sdk_storage"
    verbose_name: str = "Backblaze B2 storage"

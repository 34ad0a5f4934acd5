"""Tests run on the database of the settings; nothing else does Django need to know."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

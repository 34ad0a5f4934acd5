"""Configuration of gunicorn that lets gevent patch before the application is imported, as TLS needs."""

from gevent import monkey

monkey.patch_all()

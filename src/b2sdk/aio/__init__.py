"""The service in an event loop."""

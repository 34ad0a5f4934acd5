"""Content on its way: where it comes from, how it is sent, how it is fetched."""

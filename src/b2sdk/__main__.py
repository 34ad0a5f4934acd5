"""``python -m b2sdk`` checks that the package can be imported, and does nothing else."""

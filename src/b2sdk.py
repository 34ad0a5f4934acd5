"""Says what to do where the package ``b2sdk`` beside this module has lost its files.

Uninstalling the distribution ``b2sdk`` removes the files whose names are in ``b2sdk-ng`` too, ``b2sdk/__init__.py``
among them. A package comes before a module of its name, and a module before a directory without ``__init__.py``: so
this is found then, and never otherwise.
"""

raise ImportError(
    "files of b2sdk-ng are missing: uninstalling b2sdk has removed those that both have."
    " Install it again, for instance with: pip install --force-reinstall --no-deps b2sdk-ng",
    name="b2sdk",
)

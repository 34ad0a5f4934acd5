"""How the documentation is built: MyST pages, and the reference from the docstrings."""  # noqa: INP001  # Sphinx wants it there

from __future__ import annotations

from b2sdk.version import VERSION

project = "b2sdk-ng"
author = "The b2sdk-ng authors"
version = release = VERSION

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"b2sdk-ng {VERSION}"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "inherited-members": True, "show-inheritance": True}

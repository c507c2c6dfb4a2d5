"""The documentation site, ``make docs``; `pages` writes the reference."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

import snnc  # noqa: E402

project = "snnc"
author = copyright = "The snnc developers"
version = release = snnc.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
extensions += ["in_browser", "notfound.extension", "pages", "sphinx_reredirects"]
exclude_patterns = ["_build", "_ext", "examples", "playground", "schemas"]
exclude_patterns += ["notebooks/.ipynb_checkpoints"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]  # pages of rules show broken specs
highlight_language = "none"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
smartquotes = False  # options begin with two dashes

html_theme = "furo"
html_title = f"snnc {version}"
html_static_path = ["_static"]
html_css_files = ["snnc.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("copy.js", "filter.js")]
html_favicon = "_static/favicon.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}

notfound_urls_prefix = "/en/stable/"
redirects = {
    f"accuracy/{page}": "../measured-accuracy.html"
    for page in ("drift", "fashion", "fidelity", "mnist")
}
redirects |= {
    f"rules/SNN{number}": "SNN801.html"
    for number in (803, 804, 805, 806, 809, 825, 826, 837, 850, 851)
}

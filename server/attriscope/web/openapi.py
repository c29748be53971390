"""Writes the API's OpenAPI document, from which the page's client is generated.

python -m attriscope.web.openapi frontend/openapi.json
python -m attriscope.web.openapi --check frontend/openapi.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from attriscope.settings import Settings
from attriscope.web.app import create_app
from attriscope.web.security import Access
from attriscope.web.services import Services


def document() -> str:
    """The document of an app without explorers, as indented JSON."""
    app = create_app(Services([], Settings()), Access("unused-token", 0))
    schema = app.openapi()
    # The version changes with every release; the client does not.
    schema["info"]["version"] = "0"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--check", action="store_true", help="fail if the file differs, and write nothing")
    options = parser.parse_args()
    if not options.check:
        options.path.write_text(document(), encoding="utf-8")
    elif options.path.read_text(encoding="utf-8") != document():
        sys.exit(f"{options.path} is not what the server says; run `make api`.")


if __name__ == "__main__":
    main()

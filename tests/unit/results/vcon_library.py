"""What the library ``vcon`` sees in vCons.

Each line of standard input is one, as a JSON string; a line of JSON answers it. Run by the interpreter of .vcon, which
has that library. Imports nothing of this project.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

# The library imports it for what it says about media; Python's own has the same functions.
sys.modules["logger"] = logging

from vcon import Vcon  # type: ignore[import-not-found]  # noqa: E402 - see above; installed in .vcon, not here
from vcon.dialog import Dialog  # type: ignore[import-not-found]  # noqa: E402 - the same


def main() -> None:
    """Answer each line at once."""
    logging.disable()
    for line in sys.stdin:
        json.dump(seen(json.loads(line)), sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


def seen(text: str) -> dict[str, Any]:
    """Return the parts of a vCon; ``strict`` drops every property that the library knows no place for."""
    read = Vcon.build_from_json(text, property_handling="strict")
    is_valid, problems = read.is_valid()
    return {
        "is_valid": is_valid,
        "problems": problems,
        "subject": read.subject,
        "created_at": read.created_at,
        "parties": [party.to_dict() for party in read.get_party_objects()],
        "dialog": [Dialog(**one).to_dict() for one in read.dialog],
        "analysis": [{**one, "body": read.decoded_body(one)} for one in read.analysis],
    }


if __name__ == "__main__":
    main()

"""``make airflow``: the whole Airflow with its UI, symbl-local, the connection and the example DAGs, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

from demo.box import CHECKOUT, Box, open_box
from demo.processes import DemoError

AIRFLOW_PORT = 8080
SYMBL_PORT = 8765


def main() -> int:
    """Run until Ctrl-C or SIGTERM; give 1 if something did not start."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("starting Airflow and symbl-local; half a minute …", flush=True)
    try:
        with open_box(CHECKOUT / ".airflow", airflow_port=AIRFLOW_PORT, symbl_port=SYMBL_PORT, is_kept=True) as box:
            print(_welcome(box), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("\nstopped")
    except DemoError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


def _welcome(box: Box) -> str:
    return (
        f"\n  Airflow      {box.airflow.url}   (user {box.airflow.username}, password {box.airflow.password})"
        f"\n  symbl-local  {box.symbl.url}   (connection symbl_default)"
        f"\n  results      {box.results}"
        f"\n  logs         {box.results.parent}"
        f"\n\nAll up in {box.airflow.start_seconds:.0f} s. Ctrl-C stops it; what it has done is kept."
    )


if __name__ == "__main__":
    sys.exit(main())

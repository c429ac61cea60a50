"""Start the command with the logs of every library below it shown: `python -X dev loud.py ARGUMENT…`."""

from __future__ import annotations

import logging

from vtex_tracking.cli.main import main

if __name__ == "__main__":
    for name in ("asyncio", "aiohttp", "aiohttp.client", "concurrent.futures"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    main()

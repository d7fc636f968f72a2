"""`python -m couloir`."""

from __future__ import annotations

import sys

from couloir.cli.main import main

sys.exit(main())

"""`python -m evergauge`."""

import sys

from evergauge.cli import main

sys.exit(main())

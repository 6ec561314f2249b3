"""``python -m kdump_agent`` is ``kdump-agent``."""

import sys

from kdump_agent.cli.main import main

sys.exit(main())

"""The bootstrap's modules are imported by their names in /var/runtime."""

import sys

from tests.runtimes.bootstrap_process import BOOTSTRAP

sys.path.insert(0, str(BOOTSTRAP.parent))

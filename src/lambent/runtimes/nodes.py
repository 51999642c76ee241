"""Where Nodes lie on a host, and how a sandbox shows one."""
from typing import Final
OPTIONS: Final = ("--expose-gc", "--max-http-header-size=81920", "--max-old-space-size=9216")

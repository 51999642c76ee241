"""What /var/lang/bin/python3.X is started with; all else lies in a package, whose modules come compiled."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    _HERE = __file__.rpartition("/")[0]
    if _HERE not in sys.path:  # PYTHONSAFEPATH keeps it out
        sys.path.insert(0, _HERE)
    from lambent_python.bootstrap import main

    main(__file__)

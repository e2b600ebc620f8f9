"""Under plain Python the tests of what only the sandbox has are left out."""

import sys

collect_ignore_glob = [] if sys.platform == "wasi" else ["test_sandbox_*.py"]

"""`python -m bot` is `tenderbell`. Touches what its verb touches."""

from __future__ import annotations

from bot.cli import main

if __name__ == "__main__":
    main()

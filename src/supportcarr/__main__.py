"""``python -m supportcarr`` is the command ``supportcarr``."""

from supportcarr.cli import main

if __name__ == "__main__":
    main()

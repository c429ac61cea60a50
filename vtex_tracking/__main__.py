"""`python -m vtex_tracking` is the command `vtex-tracking`."""

from vtex_tracking.cli.main import main

if __name__ == "__main__":
    main()

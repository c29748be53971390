"""`python -m attriscope`."""

from attriscope.cli import main

if __name__ == "__main__":
    main()

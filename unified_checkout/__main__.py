"""``python -m unified_checkout``: the command line."""

from unified_checkout.cli import main

if __name__ == "__main__":
    main()

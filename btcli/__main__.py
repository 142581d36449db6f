"""`python -m btcli` is `btcli`."""

from btcli.cli.edge.main import main

if __name__ == "__main__":
    main()

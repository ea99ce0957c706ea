"""`python -m app` is the `rosetta` command."""


def main() -> None:
    """Runs the command that the program was called with."""
    # Trap: worker processes import this module again, and shall not load all commands.
    from app.cli import main as run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()

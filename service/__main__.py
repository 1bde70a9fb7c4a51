"""`python -m service` is `liandong`, where that is not installed."""

from service.cli import main

main()

"""Commands for the people who run and develop OpenAccount. Those that come before the virtual environment use only
the standard library; `make` calls all of them."""

"""Learning of credit: scorecards fitted to customers whose end is known."""

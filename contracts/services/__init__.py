"""Use cases of contracts and orders: the only place that writes them."""

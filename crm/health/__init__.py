"""Whether this process is alive, and whether it can do its work: for load balancers, containers and `make run`."""

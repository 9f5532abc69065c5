"""What is refused of contracts and their templates, and of orders and products."""

from contracts.errors.contracts import *  # noqa: F403
from contracts.errors.orders import *  # noqa: F403

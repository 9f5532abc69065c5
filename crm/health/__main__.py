"""`python -m crm.health URL`: leave with 0 when the address answers 200; for containers that have no curl."""

import sys
import urllib.error
import urllib.request


def main(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:  # noqa: S310 - an address of this container
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{address}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

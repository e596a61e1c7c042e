#!/opt/kabar/bin/python
"""Asks a probe (``probe http://127.0.0.1:9100/readyz``); the image has no curl.

Exit code 0 where it answers 200, else 1 and why.
"""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

SECONDS = 4

address = urlsplit(sys.argv[1])
try:
    connection = HTTPConnection(address.hostname or "", address.port, timeout=SECONDS)
    connection.request("GET", address.path)
    answer = connection.getresponse()
    said = answer.read().decode("utf-8", "replace").strip()
except (OSError, HTTPException) as error:
    sys.exit(str(error) or type(error).__name__)
if answer.status != 200:
    sys.exit(f"{answer.status} {said}")

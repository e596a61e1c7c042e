"""API and page: one Litestar application over a reader of the index and a read-only store.

::

    app.py          puts everything together
    context.py      what the runtime hands in
    server.py       the socket, uvicorn, signals
    guard.py        headers of every answer, HEAD, the loopback check
    faults.py       errors -> problem documents and error pages
    assets.py       static files, hashed; views.py: templates, compiled at start
    api/            JSON
    pages/          HTML; forms.py reads what a person asked for
    marking.py diffs.py timeline.py links.py   pure helpers of the pages
"""

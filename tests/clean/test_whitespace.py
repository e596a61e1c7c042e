from __future__ import annotations

import pytest
from lxml.html import document_fromstring, tostring

from kabar.clean.page.whitespace import collapse


@pytest.mark.parametrize(
    "before, after",
    [
        ("<p>satu\n   dua</p>", "<p>satu dua</p>"),
        ("<p>\n satu <b>dua</b>\n tiga\n</p>", "<p> satu <b>dua</b> tiga </p>"),
        ("<p>satu  dua</p>", "<p>satu  dua</p>"),
        ("<p>a</p>\n\n<p>b</p>", "<p>a</p> <p>b</p>"),
        ("<pre>satu\n  dua</pre>", "<pre>satu\n  dua</pre>"),
        ("<pre>satu\n<b>x\ny</b>\nz</pre>", "<pre>satu\n<b>x\ny</b>\nz</pre>"),
        ("<pre>a</pre>\nsatu\ndua", "<pre>a</pre> satu dua"),
    ],
)
def test_line_breaks_of_the_source(before, after):
    tree = document_fromstring(f"<html><body><div>{before}</div></body></html>")
    collapse(tree)
    assert tostring(tree, encoding="unicode") == f"<html><body><div>{after}</div></body></html>"

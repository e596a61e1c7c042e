from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.clean.page.charset import decode


@pytest.mark.parametrize(
    "data, declared, charset, text",
    [
        (b"", "", "utf-8", ""),
        ("“Siap”".encode(), "", "utf-8", "“Siap”"),
        ("“Siap”".encode(), "iso-8859-1", "utf-8", "“Siap”"),  # valid UTF-8 is no accident
        (b"\xef\xbb\xbfhalo", "windows-1252", "utf-8", "halo"),
        (b"\xff\xfe" + "halo".encode("utf-16-le"), "", "utf-16-le", "halo"),
        (b"\xfe\xff" + "halo".encode("utf-16-be"), "utf-8", "utf-16-be", "halo"),
        (b"\xff\xfe\x00\x00" + "halo".encode("utf-32-le"), "", "utf-32-le", "halo"),
        ("“café”".encode("cp1252"), "", "cp1252", "“café”"),
        ("“café”".encode("cp1252"), "iso-8859-1", "cp1252", "“café”"),  # what browsers mean by Latin-1
        ("“café”".encode("cp1252"), "utf-8", "cp1252", "“café”"),  # declared, and not true
        ("東京".encode("shift_jis"), "Shift_JIS", "cp932", "東京"),
        ("中文".encode("gb18030"), "gb2312", "gb18030", "中文"),
        ("東京".encode("iso2022_jp"), "iso-2022-jp", "iso2022_jp", "東京"),
        ("привет".encode("cp1251"), '"windows-1251"', "cp1251", "привет"),
        (b"halo", "utf-16", "utf-8", "halo"),  # no byte order mark
        (b"halo", "base64", "utf-8", "halo"),
        (b"halo", "no such thing", "utf-8", "halo"),
        (b"halo", "\x00", "utf-8", "halo"),
    ],
)
def test_decodes(data, declared, charset, text):
    assert decode(data, declared) == (text, charset)


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="windows-1251">',
        "<META CHARSET=windows-1251 />",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        '<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
def test_what_the_page_declares(head):
    assert decode(f"<html>{head}<p>привет</p>".encode("cp1251")).text.endswith("<p>привет</p>")


def test_the_transport_goes_before_the_page():
    data = '<meta charset="koi8-r">привет'.encode("cp1251")
    assert decode(data, "windows-1251").text.endswith("привет")


def test_a_declaration_far_down_is_no_declaration():
    data = b" " * 10_000 + b'<meta charset="koi8-r">' + b"\xe9" * 20
    assert decode(data).charset == "cp1252"


def test_a_little_damage_is_not_another_encoding():
    data = ("é" * 3_000).encode() + b"\xff"
    assert decode(data, "utf-8") == ("é" * 3_000 + "\ufffd", "utf-8")


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_read(data, declared):
    assert isinstance(decode(data, declared).text, str)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_utf8_is_always_recognised(text):
    if not text.startswith("\ufeff") and not any("\ud800" <= char <= "\udfff" for char in text):
        assert decode(text.encode()) == (text, "utf-8")

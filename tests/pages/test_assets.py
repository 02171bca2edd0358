"""Static files: kept for a year under an address that names their content."""

import gzip
import re

from flask.testing import FlaskClient

KEPT = "public, max-age=31536000, immutable"


def test_an_address_that_names_the_content_is_kept(client: FlaskClient) -> None:
    page = client.get("/en/login").get_data(as_text=True)
    found = re.findall(r'(/static/(v-[0-9a-f]{12})/[^"]+\.(?:css|js|woff2))"', page)
    assert len(found) > 8 and len({mark for _href, mark in found}) == 1
    for href, mark in found:
        with client.get(href) as named:
            assert (named.status_code, named.headers["Cache-Control"]) == (200, KEPT), href
        # Pages of an older release are answered with what there is now, and do not keep it.
        for other in (href.replace(f"{mark}/", ""), href.replace(mark, "v-0123456789ab")):
            with client.get(other) as unnamed:
                assert (unnamed.status_code, unnamed.headers["Cache-Control"]) == (200, "no-cache")


def test_what_a_style_sheet_loads_is_what_was_announced(client: FlaskClient) -> None:
    page = client.get("/en/login").get_data(as_text=True)
    font = re.search(r'<link rel="preload" as="font"[^>]* href="([^"]+)"', page)
    sheet = re.search(r'href="([^"]+/css/base\.css)"', page)
    assert font and sheet
    with client.get(sheet[1]) as answer:
        loaded = re.findall(r'url\("\.\./([^"]+)"\)', answer.get_data(as_text=True))
    assert font[1] in {sheet[1].replace("css/base.css", each) for each in loaded}


def test_texts_travel_compressed_and_pages_do_not(client: FlaskClient) -> None:
    asks = {"Accept-Encoding": "gzip, br"}
    page = client.get("/en/login", headers=asks)
    assert "Content-Encoding" not in page.headers
    sheet = re.search(r'href="([^"]+/css/base\.css)"', page.get_data(as_text=True))
    font = re.search(r'href="([^"]+\.woff2)"', page.get_data(as_text=True))
    assert sheet and font
    with client.get(sheet[1]) as plain, client.get(sheet[1], headers=asks) as packed:
        assert "Content-Encoding" not in plain.headers and "ETag" in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip" and "ETag" not in packed.headers
        assert plain.vary.as_set() == packed.vary.as_set() == {"accept-encoding"}
        assert gzip.decompress(packed.data) == plain.data
        assert packed.content_length == len(packed.data) < len(plain.data)
    with client.get(font[1], headers=asks) as answer:
        assert "Content-Encoding" not in answer.headers

"""The component gallery, rendered by the product itself."""

from flask.testing import FlaskClient


def test_the_gallery_renders(client: FlaskClient) -> None:
    answer = client.get("/dev/components")
    assert answer.status_code == 200
    assert answer.text.count('class="gallery-theme"') == 3

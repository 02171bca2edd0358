"""Photos come out upright, small, without metadata, or are refused with a reason."""

from __future__ import annotations

import io
import random
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from ecopick.adapters.errors import BadImage
from ecopick.adapters.images import Photo, Picture, render_photo

GPS_IFD = 0x8825


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def render(content: bytes) -> Photo:
    return render_photo(io.BytesIO(content))


def refusal(content: bytes) -> str:
    with pytest.raises(BadImage) as caught:
        render(content)
    assert caught.value.code == caught.value.reason
    return caught.value.reason


def decoded(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    return image


def marked(width: int = 300, height: int = 200) -> Image.Image:
    """Red in the upper left quarter, blue elsewhere."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill="red")
    return image


def phone_photo(orientation: int = 1, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretMaker"
    exif[0x013B] = "Secret Author"
    exif.get_ifd(GPS_IFD).update(
        {1: "N", 2: (47.0, 59.0, 42.0), 3: "E", 4: (7.0, 50.0, 57.0), 29: "2026:01:02"}
    )
    return encoded(
        marked(), "JPEG", exif=exif, comment=b"Secret comment", xmp=b"<x>Secret xmp</x>", **options
    )


def assert_no_metadata(picture: Picture) -> None:
    image = decoded(picture)
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"} | {
        "progressive",
        "progression",
    }
    for trace in (
        b"Secret",
        b"Exif",
        b"ICC_PROFILE",
        b"iCCP",
        b"tEXt",
        b"http://ns.adobe",
        b"2026",
    ):
        assert trace not in picture.data


def test_gps_and_all_other_metadata_are_gone() -> None:
    source = phone_photo(
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(GPS_IFD)
    photo = render(source)
    assert photo.full.content_type == "image/jpeg"
    assert photo.full.extension == "jpg"
    for picture in (photo.full, photo.thumbnail):
        assert_no_metadata(picture)


def test_png_text_and_exif_are_gone() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Secret Author")
    text.add_itxt("XML:com.adobe.xmp", "Secret")
    exif = Image.Exif()
    exif[0x0112] = 6
    source = marked().convert("RGBA")
    source.putalpha(128)
    photo = render(encoded(source, "PNG", pnginfo=text, exif=exif, dpi=(300, 300)))
    assert photo.full.content_type == "image/png"
    assert (photo.full.width, photo.full.height) == (200, 300)
    for picture in (photo.full, photo.thumbnail):
        assert_no_metadata(picture)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_by_orientation(orientation: int) -> None:
    photo = render(phone_photo(orientation))
    swapped = orientation >= 5
    assert (photo.full.width, photo.full.height) == ((200, 300) if swapped else (300, 200))
    image = decoded(photo.full)
    # Where the stored upper left corner has to appear, by the EXIF standard.
    right = orientation in (2, 3, 6, 7)
    low = orientation in (3, 4, 7, 8)
    corner = (image.width - 20 if right else 20, image.height - 20 if low else 20)
    opposite = (image.width - 1 - corner[0], image.height - 1 - corner[1])
    red, _, blue = image.getpixel(corner)
    assert red > 200 and blue < 60
    red, _, blue = image.getpixel(opposite)
    assert blue > 200 and red < 60


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_senseless_orientation_is_ignored(orientation: int) -> None:
    photo = render(phone_photo(orientation))
    assert (photo.full.width, photo.full.height) == (300, 200)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (5200, 400), (2561, 10)])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_sizes(format_: str, size: tuple[int, int]) -> None:
    photo = render(encoded(marked(*size), format_))
    assert max(photo.full.width, photo.full.height) == 2560
    assert max(photo.thumbnail.width, photo.thumbnail.height) == 480
    ratio = size[0] / size[1]
    for picture in (photo.full, photo.thumbnail):
        assert decoded(picture).size == (picture.width, picture.height)
        assert abs(picture.width - picture.height * ratio) <= max(1, ratio)
    red, _, blue = decoded(photo.full).getpixel((2, 2))
    assert red > 200 and blue < 60


def test_small_pictures_are_not_enlarged() -> None:
    photo = render(encoded(marked(3, 2), "PNG"))
    assert (photo.full.width, photo.full.height) == (3, 2)
    assert (photo.thumbnail.width, photo.thumbnail.height) == (3, 2)
    assert render(encoded(Image.new("L", (1, 1)), "JPEG")).full.width == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_modes(mode: str) -> None:
    if mode == "I;16":
        source = Image.new("I;16", (64, 48), 0x8080)
    else:
        source = Image.new("RGB", (64, 48), (128, 128, 128))
        source = source.quantize(4) if mode == "P" else source.convert(mode)
    image = decoded(render(encoded(source, "PNG")).full)
    assert image.format == "JPEG"
    grey = image.convert("L").getpixel((5, 5))
    assert grey in (0, 255) if mode == "1" else abs(grey - 128) <= 3


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_modes(mode: str, progressive: bool) -> None:
    source = encoded(marked().convert(mode), "JPEG", progressive=progressive)
    image = decoded(render(source).full)
    assert image.mode == ("L" if mode == "L" else "RGB")
    if mode != "L":
        red, _, blue = image.getpixel((20, 20))
        assert red > 180 and blue < 90


@pytest.mark.parametrize("palette", [False, True])
def test_transparency_stays_in_png_only(palette: bool) -> None:
    source = marked().convert("RGBA")
    source.paste((0, 0, 0, 0), (0, 0, 100, 100))
    if palette:
        source = source.quantize(8)
    photo = render(encoded(source, "PNG"))
    assert photo.full.content_type == "image/png"
    assert decoded(photo.full).convert("RGBA").getpixel((50, 50))[3] == 0
    assert photo.thumbnail.content_type == "image/jpeg"
    assert min(decoded(photo.thumbnail).getpixel((50, 50))) > 240
    if not palette:
        webp = render(encoded(source, "WEBP", lossless=True))
        assert webp.full.content_type == "image/jpeg"
        assert min(decoded(webp.full).getpixel((50, 50))) > 240


def test_other_transparency_declarations() -> None:
    for mode in ("L", "RGB", "1"):
        source = Image.new(mode, (40, 30), 0)
        photo = render(encoded(source, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0))
        assert photo.full.content_type == "image/png"
    deep = encoded(Image.new("I;16", (40, 30), 0x8080), "PNG", transparency=0x8080)
    assert render(deep).full.content_type == "image/jpeg"


def test_a_colour_profile_is_applied_and_dropped() -> None:
    # A profile that swaps the roles of red and green shows whether it was applied.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red], profile[green] = profile[green], profile[red]
    source = encoded(Image.new("RGB", (40, 30), (255, 0, 0)), "PNG", icc_profile=bytes(profile))
    photo = render(source)
    assert_no_metadata(photo.full)
    assert decoded(photo.full).getpixel((5, 5))[1] > 200


@pytest.mark.parametrize("profile", [b"junk", b"\0" * 200, b""])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_damaged_colour_profile_is_dropped(profile: bytes, mode: str) -> None:
    photo = render(encoded(marked().convert(mode), "JPEG", icc_profile=profile))
    assert_no_metadata(photo.full)


def test_animations_keep_their_first_frame() -> None:
    frames = [Image.new("RGB", (50, 40), colour) for colour in ("red", "lime")]
    for format_ in ("PNG", "WEBP"):
        source = encoded(frames[0], format_, save_all=True, append_images=frames[1:])
        image = decoded(render(source).full)
        assert image.getpixel((9, 9))[0] > 200


def test_empty_and_too_large() -> None:
    assert refusal(b"") == "empty"
    with pytest.raises(BadImage) as caught:
        render_photo(io.BytesIO(encoded(marked(), "JPEG")), max_bytes=100)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("format_", ["GIF", "BMP", "TIFF", "ICO"])
def test_other_images_are_of_the_wrong_type(format_: str) -> None:
    assert refusal(encoded(marked(), format_)) == "wrong_type"


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7\n", b"text", bytes(99)],
)
def test_no_images_are_of_the_wrong_type(content: bytes) -> None:
    assert refusal(content) == "wrong_type"


def test_the_name_of_the_stream_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(phone_photo())
    with path.open("rb") as file:
        assert render_photo(file).full.content_type == "image/jpeg"


def test_markup_behind_a_jpeg_does_not_survive() -> None:
    photo = render(phone_photo() + b"<script>alert(1)</script>")
    assert b"<script" not in photo.full.data + photo.thumbnail.data


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_truncated_anywhere(format_: str) -> None:
    noise = Image.effect_noise((300, 200), 90).convert("RGB")
    whole = encoded(noise, format_)
    for length in [*range(12, 400, 7), len(whole) // 2, len(whole) * 9 // 10]:
        assert refusal(whole[:length]) in ("unreadable", "wrong_type")


def test_progressive_and_truncated() -> None:
    whole = encoded(Image.effect_noise((300, 200), 90), "JPEG", progressive=True)
    assert refusal(whole[: len(whole) // 2]) == "unreadable"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_corrupt_bytes_never_raise_anything_else(format_: str) -> None:
    whole = phone_photo() if format_ == "JPEG" else encoded(marked(), format_)
    chance = random.Random(11)
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            render(bytes(damaged))
            outcomes.add("rendered")
        except BadImage as error:
            outcomes.add(error.reason)
    assert outcomes <= {"rendered", "unreadable", "wrong_type", "too_many_pixels"}
    assert "unreadable" in outcomes


def test_photos_at_the_same_time() -> None:
    source = encoded(marked(1200, 900), "JPEG")
    results: list[Photo] = []
    threads = [threading.Thread(target=lambda: results.append(render(source))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6 and len({photo.full.data for photo in results}) == 1

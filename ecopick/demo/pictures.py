"""Pictures for the demo: drawn, encoded in two sizes, stored for each use."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

from PIL.Image import Image

from ecopick.adapters.images import Photo, Picture
from ecopick.adapters.storage import Storage
from ecopick.demo.rows import Row
from ecopick.demo.scenes import SCENES

# Uploads at a time: what takes long is waiting for the disk or the network.
WRITERS = 8
Shot = tuple[str, str]


@dataclass(frozen=True)
class Album:
    """All pictures, by scene and stage (before, after)."""

    photos: dict[Shot, Photo]

    def describe(self, shots: list[tuple[Row, Shot]]) -> None:
        """Complete the rows of attachments with the measures of their pictures."""
        digests = {shot: hashlib.sha256(each.full.data) for shot, each in self.photos.items()}
        for row, shot in shots:
            full = self.photos[shot].full
            row |= {
                "size_bytes": len(full.data), "sha256": digests[shot].digest(),
                "width": full.width, "height": full.height, "content_type": full.content_type,
            }  # fmt: skip

    def store(self, storage: Storage, shots: list[tuple[Row, Shot]]) -> int:
        """Store each attachment's picture, and one thumbnail a picture and owner; how many."""
        objects: dict[str, bytes] = {}
        for row, shot in shots:
            photo = self.photos[shot]
            objects[row["storage_key"]] = photo.full.data
            objects[row["thumbnail_key"]] = photo.thumbnail.data
        with ThreadPoolExecutor(WRITERS) as pool:
            for stored in [
                pool.submit(storage.put, key, io.BytesIO(data), size=len(data))
                for key, data in objects.items()
            ]:
                stored.result()
        return len(objects)


def draw_all(seed: int) -> Album:
    """Draw every scene before and after the work."""
    return Album({
        (name, stage): draw(name, stage, seed) for name in SCENES for stage in ("before", "after")
    })  # fmt: skip


def draw(name: str, stage: str, seed: int) -> Photo:
    """One picture in the size for viewing and as thumbnail."""
    image = SCENES[name](Random(f"{seed}/{name}"), stage == "after").finished()
    return Photo(_encoded(image), _encoded(image.reduce(2)))


def _encoded(image: Image) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return Picture(out.getvalue(), "image/jpeg", *image.size)

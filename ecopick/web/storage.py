"""The file store that the settings ask for."""

from ecopick.adapters.storage import LocalStorage, S3Storage, Storage
from ecopick.config import Settings, StorageBackend


def open_storage(settings: Settings) -> Storage:
    """A folder, or an S3-compatible bucket."""
    if settings.storage_backend is StorageBackend.S3:
        return S3Storage(
            endpoint=settings.s3.endpoint,
            bucket=settings.s3.bucket,
            access_key=settings.s3.access_key,
            secret_key=settings.s3.secret_key,
            region=settings.s3.region,
            public_endpoint=settings.s3.public_endpoint,
            direct=settings.s3.direct,
        )
    return LocalStorage(settings.storage_dir)

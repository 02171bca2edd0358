"""Where uploaded files live: a folder or an S3 bucket, behind one protocol."""

from ecopick.adapters.storage.local import LocalStorage
from ecopick.adapters.storage.protocol import Storage, StoredObject, check_key
from ecopick.adapters.storage.s3 import S3Storage

__all__ = ["LocalStorage", "S3Storage", "Storage", "StoredObject", "check_key"]

"""Files on this machine and in Cloud Storage (`gs://`), by one path.

The storage package is imported when a `gs://` path is first used; without it the error says what
to install.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, NotConfigured, WorkbenchError

GS = "gs://"


def is_remote(path: str) -> bool:
    """Whether it lies in Cloud Storage."""
    return path.startswith(GS)


def beside(path: str, base: str) -> str:
    """A path as written in the file `base`: relative ones are to its folder."""
    if is_remote(path) or os.path.isabs(path):
        return path
    if is_remote(base):
        return f"{base.rsplit('/', 1)[0]}/{path}"
    return str(Path(base).parent / path)


def child(folder: str, name: str) -> str:
    """A file in a folder."""
    return f"{folder.rstrip('/')}/{name}" if is_remote(folder) else str(Path(folder) / name)


class Files:
    """Reads and writes. `client` is a storage client; one is made when there is none."""

    def __init__(self, client: Any = None, project: str | None = None) -> None:
        self._client = client
        self._project = project

    def read(self, path: str) -> bytes:
        """The whole file. InvalidInput when it is not there."""
        if is_remote(path):
            found = self.read_if_there(path)
            if found is None:
                raise InvalidInput("There is no file {path}.", path=path)
            return found
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise InvalidInput(
                "The file {path} cannot be read: {problem}.", path=path, problem=error.strerror
            ) from error

    def read_if_there(self, path: str) -> bytes | None:
        """The whole file; None when it is not there."""
        if not is_remote(path):
            return Path(path).read_bytes() if Path(path).is_file() else None
        blob = self._blob(path)
        from google.api_core.exceptions import GoogleAPIError, NotFound
        from google.auth.exceptions import GoogleAuthError

        try:
            return bytes(blob.download_as_bytes())
        except NotFound:
            return None
        except (GoogleAPIError, GoogleAuthError, OSError) as error:
            raise _unreachable(path, error) from error

    def write(self, path: str, data: bytes) -> None:
        """Write all of it; on this machine a file is there whole or not at all."""
        if is_remote(path):
            blob = self._blob(path)
            from google.api_core.exceptions import GoogleAPIError
            from google.auth.exceptions import GoogleAuthError

            try:
                blob.upload_from_string(data, content_type="application/json")
            except (GoogleAPIError, GoogleAuthError, OSError) as error:
                raise _unreachable(path, error) from error
            return
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.part")
            part.write_bytes(data)
            part.replace(target)
        except OSError as error:
            raise InvalidInput(
                "The file {path} cannot be written: {problem}.", path=path, problem=error.strerror
            ) from error

    def lacking(self, path: str, permissions: Sequence[str]) -> list[str]:
        """Which of these permissions the caller lacks on the bucket; none if it cannot be told."""
        bucket = path.removeprefix(GS).partition("/")[0]
        storage = self._storage()
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        try:
            held = storage.bucket(bucket).test_iam_permissions(list(permissions))
        except (GoogleAPIError, GoogleAuthError, OSError):
            # Who may not ask may still be allowed to write: the upload will tell.
            return []
        return [one for one in permissions if one not in held]

    def _blob(self, path: str) -> Any:
        bucket, _, name = path.removeprefix(GS).partition("/")
        if not bucket or not name:
            raise InvalidInput("{path} is no file in Cloud Storage. Write gs://bucket/folder/file.",
                               path=path)  # fmt: skip
        return self._storage().bucket(bucket).blob(name)

    def _storage(self) -> Any:
        if self._client is not None:
            return self._client
        try:
            from google.cloud import storage
        except ImportError:
            raise NotConfigured(
                "Reading gs:// paths needs a package that is not installed. Run: pip install "
                "google-cloud-storage"
            ) from None
        from google.auth.exceptions import GoogleAuthError

        try:
            self._client = storage.Client(project=self._project)
        except (GoogleAuthError, OSError) as error:
            raise NotConfigured(
                "Cloud Storage cannot be used ({problem}). Sign in with: gcloud auth "
                "application-default login",
                problem=error,
            ) from error
        return self._client


def _unreachable(path: str, error: Exception) -> WorkbenchError:
    return WorkbenchError("{path} cannot be reached: {problem}", path=path, problem=error)

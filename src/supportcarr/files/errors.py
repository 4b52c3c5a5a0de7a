"""Errors of files.

ApiError (contracts)
├── FileTooLarge            413, ``kit.objects.port``
├── UploadRefused           403, ``kit.objects.port``: a form or link that is not valid
├── UnsupportedFileType     422, names the field
├── FileRejected            422, the content was refused; the file is gone
├── FileNotUploaded         409, nothing has been uploaded yet
└── TooManyUploads          409
"""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError, Conflict, FieldError, ValidationFailed
from supportcarr.kit.objects.port import FileTooLarge, UploadRefused

__all__ = [
    "FileNotUploaded",
    "FileRejected",
    "FileTooLarge",
    "ImageRefused",
    "TooManyUploads",
    "UnsupportedFileType",
    "UploadRefused",
]


class UnsupportedFileType(ValidationFailed):
    code, title = "unsupported_file_type", "Files of this type are not accepted here"

    @classmethod
    def named(cls, detail: str) -> UnsupportedFileType:
        return cls(detail, errors=(FieldError("content_type", "unsupported_file_type", detail),))


class FileRejected(ApiError):
    status, code, title = 422, "file_rejected", "The file was refused; upload another one"


class FileNotUploaded(Conflict):
    code, title = "file_not_uploaded", "The file has not been uploaded yet"


class TooManyUploads(Conflict):
    code, title = "too_many_uploads", "Too many of your uploads are not used for anything"


class ImageRefused(Exception):
    """An image that cannot be shown: a code for programs, a sentence for its owner."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code, self.sentence = code, sentence
        super().__init__(f"{code}: {sentence}")

"""The error of an image that is not taken."""

from __future__ import annotations


class UnusableImage(Exception):
    """An image that is refused: a code for programs, a sentence for its owner."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code, self.sentence = code, sentence
        super().__init__(f"{code}: {sentence}")


def damaged() -> UnusableImage:
    return UnusableImage("image_damaged", "The image is damaged or incomplete")


def too_complex() -> UnusableImage:
    return UnusableImage("image_too_complex", "Decoding the image takes too much time or memory")

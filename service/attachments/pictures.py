"""Pictures made anew from their pixels: what else was in the file, where it was taken above all, is gone.

So is whatever somebody hid behind a picture or in it. How it is to be turned, which cameras only note, is
done to the pixels. A JPEG keeps the quality with which it was compressed.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from PIL import Image, ImageOps, JpegImagePlugin

from schemas.problems import FILE_REFUSED, Problem
from service.attachments.kinds import JPEG, PNG, WEBP

MOST_PIXELS: Final = 50_000_000
THUMBNAIL: Final = 320  # pixels, of the longer side
_FORMATS: Final = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
_QUALITY: Final = 90
_THUMBNAIL_QUALITY: Final = 70
_KEPT: Final = ("icc_profile", "transparency")  # without which the pixels are not what they were


class Picture(NamedTuple):
    """One made anew, and a small one of it in WebP."""

    content: bytes
    thumbnail: bytes


def picture_from(file: io.BufferedReader, media_type: str, *, keep_location: bool) -> Picture:
    """What is kept of a picture. Raises FILE_REFUSED for what is none, or too large once unpacked.

    `keep_location`: with all that the camera noted. Takes a second, and four bytes a pixel: call it in a
    thread, and not many at once.
    """
    file.seek(0)
    with _trusting_nobody():
        # The formats are named: no other decoder gets to see it.
        read = Image.open(file, formats=(_FORMATS[media_type],))
        if read.width * read.height > MOST_PIXELS:
            raise Problem(
                FILE_REFUSED,
                f"图片最多 {MOST_PIXELS // 1_000_000} 百万像素",
                f"A picture has at most {MOST_PIXELS // 1_000_000} million pixels",
            )
        if media_type != JPEG and getattr(read, "n_frames", 1) > 1:
            raise Problem(FILE_REFUSED, "不接收动画", "Moving pictures are not taken")
        options = _as_it_was(read, media_type)
        turned = ImageOps.exif_transpose(read)
        turned.load()
        noted = turned.getexif() if keep_location else None
        turned.info = {name: turned.info[name] for name in _KEPT if name in turned.info}
        if media_type == JPEG and turned.mode not in ("L", "RGB"):
            turned, options = turned.convert("RGB"), {"quality": _QUALITY}
        if noted:
            options["exif"] = noted.tobytes()
        if "icc_profile" in turned.info:
            options["icc_profile"] = turned.info["icc_profile"]
        content = io.BytesIO()
        turned.save(content, _FORMATS[media_type], **options)
        return Picture(content.getvalue(), _small(turned))


def _as_it_was(read: Image.Image, media_type: str) -> dict[str, Any]:
    """How it is to be saved so that it looks the same."""
    if media_type == WEBP:
        return {"quality": _QUALITY}
    if media_type == JPEG and isinstance(read, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(read)
        return {"qtables": read.quantization, **({"subsampling": sampling} if sampling >= 0 else {})}
    return {}


def _small(picture: Image.Image) -> bytes:
    has_holes = "transparency" in picture.info or "A" in picture.getbands()
    small = picture.convert("RGBA" if has_holes else "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    small.info = {}
    content = io.BytesIO()
    small.save(content, "WEBP", quality=_THUMBNAIL_QUALITY)
    return content.getvalue()


@contextmanager
def _trusting_nobody() -> Iterator[None]:
    """Whatever a decoder stumbles over is the picture's fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we count for ourselves
            yield
    except (Problem, MemoryError):
        raise
    except Exception:
        raise Problem(
            FILE_REFUSED, "图片已损坏或无法读取", "The picture is damaged, or cannot be read"
        ) from None

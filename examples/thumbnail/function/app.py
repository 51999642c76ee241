"""Makes thumbnails of a JPEG, PNG or WebP picture with Pillow.

Event:  {"image": BASE64, "sizes": [64, 256]}; without an image, the photo in the package is taken.
Result: {"source": {"width", "height", "bytes", "format"},
         "thumbnails": [{"size", "width", "height", "bytes", "jpeg": BASE64}, ...]}
"""

import base64
import io
from pathlib import Path

from PIL import Image, ImageOps

PHOTO = Path(__file__).with_name("photo.jpg")
SIZES = [64, 128, 256]


def handler(event, context):
    data = base64.b64decode(event["image"]) if event.get("image") else PHOTO.read_bytes()
    sizes = event.get("sizes", SIZES)
    if not sizes or not all(isinstance(size, int) and 1 <= size <= 1024 for size in sizes):
        raise ValueError("sizes must be numbers of pixels from 1 to 1024")
    picture = Image.open(io.BytesIO(data))
    source = {
        "width": picture.width,
        "height": picture.height,
        "bytes": len(data),
        "format": picture.format,
    }
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    thumbnails = [thumbnail(picture, size) for size in sizes]
    print(f"{source['width']}x{source['height']} -> {len(thumbnails)} thumbnails")
    return {"source": source, "thumbnails": thumbnails}


def thumbnail(picture, size):
    small = picture.copy()
    small.thumbnail((size, size))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=85, optimize=True)
    return {
        "size": size,
        "width": small.width,
        "height": small.height,
        "bytes": out.tell(),
        "jpeg": base64.b64encode(out.getvalue()).decode(),
    }

"""QR codes as SVG: black on white in every theme, for a camera has to read them."""

import io

import segno

_PIXELS_PER_MODULE = 6


def qr_svg(text: str) -> str:
    """The text as one SVG document, with the quiet zone that the standard asks for."""
    output = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        output, kind="svg", scale=_PIXELS_PER_MODULE, dark="#000", light="#fff", xmldecl=False
    )
    return output.getvalue().decode()

"""What is drawn on a map, of which the page's own tree knows nothing."""

import base64

from playwright.sync_api import Locator

_COUNT = """
async (canvas, [png, red, green, blue]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const copy = new OffscreenCanvas(image.width, image.height).getContext("2d");
  copy.drawImage(image, 0, 0);
  const { data } = copy.getImageData(0, 0, image.width, image.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const off = Math.abs(data[i] - red) + Math.abs(data[i + 1] - green)
      + Math.abs(data[i + 2] - blue);
    if (off < 24) count++;
  }
  return count;
}
"""


def pixels_of(drawn: Locator, color: str) -> int:
    """How many pixels of what is drawn have about this colour, `#rrggbb`."""
    png = base64.b64encode(drawn.screenshot()).decode()
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int(drawn.evaluate(_COUNT, [png, *channels]))

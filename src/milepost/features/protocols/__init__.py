"""The device protocols of this server, as people choose and set them."""

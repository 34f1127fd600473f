"""The built web app at `/`: its files, and `index.html` for the pages that it makes itself."""

from pathlib import Path, PurePosixPath

from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.file_system import BaseLocalFileSystem
from litestar.params import FromPath
from litestar.response.file import ASGIFileResponse, async_file_iterator
from litestar.static_files.base import StaticFiles

from milepost.features.guards import PUBLIC
from milepost.features.request_cost import REQUEST_COST

# Vite puts a hash of the content into the names of what it builds there.
_HASHED_FOLDER = "assets"
# Far below what the operating system takes as a path; no page of the app is longer.
_LONGEST_PATH = 200
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_PIECE_BYTES = 65_536
# A file is compressed anew for each request, some 10 ms for the largest; a page has about 20 files.
_FILE_COST = 5
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}


class WebApp:
    """Serves the files of a folder that the web app was built into."""

    def __init__(self, folder: Path) -> None:
        def files(headers: dict[str, str]) -> StaticFiles:
            return StaticFiles(
                is_html_mode=False,
                directories=[folder],
                file_system=BaseLocalFileSystem(),
                headers=headers,
            )

        self._hashed = files(_FOREVER)
        self._others = files(_ASK_EACH_TIME)

    async def serve(self, path: str) -> ASGIFileResponse:
        """The file at the path; `index.html` if the path names no file but a page of the app.

        Raises:
            NotFoundException: the path names a file that is not there, or no file can have it.
        """
        if len(path) > _LONGEST_PATH or not path.isprintable():
            raise NotFoundException
        parts = PurePosixPath(path).parts
        if _HASHED_FOLDER in parts[:2]:
            return _in_pieces(await self._hashed.handle(path, is_head_response=False))
        try:
            return _in_pieces(await self._others.handle(path, is_head_response=False))
        except NotFoundException:
            if PurePosixPath(path).suffix:
                raise
        return await self._others.handle("/index.html", is_head_response=False)


def _in_pieces(response: ASGIFileResponse) -> ASGIFileResponse:
    """The file in small pieces: who does not read holds no more than one of them in memory."""
    response.chunk_size = _PIECE_BYTES
    response.iterator = async_file_iterator(response.file_path, _PIECE_BYTES, response.adapter)
    return response


def web_app_routes(folder: Path) -> Router:
    """The routes of the web app; every other route comes before them."""
    web_app = WebApp(folder)

    cost = {REQUEST_COST: _FILE_COST}

    @get(["/", "/{file_path:path}"], name="web_app", include_in_schema=False, opt=cost)
    async def get_file(file_path: FromPath[str] = "/index.html") -> ASGIFileResponse:
        return await web_app.serve(file_path)

    return Router("/", route_handlers=[get_file], opt={PUBLIC: True})

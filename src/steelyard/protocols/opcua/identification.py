"""What a works is, as OPC 40001-1 Machinery has it: found below Objects/Machines, with an Identification of its own.

Of the companion specifications DI and Machinery the server has what this needs, under their own numbers: the entry
point, the type of the identification with its supertypes, and the names of its properties.
"""

from asyncua import ua

from steelyard import __version__
from steelyard.protocols.opcua.board import Board
from steelyard.protocols.opcua.nodes import ADD_IN, FOLDER_TYPE, IDS, KINDS, ORGANIZES, Nodes
from steelyard.protocols.opcua.standard import numbered, standard
from steelyard.protocols.opcua.texts import Texts

DI, MACHINERY = "http://opcfoundation.org/UA/DI/", "http://opcfoundation.org/UA/Machinery/"
FUNCTIONAL_GROUP, MACHINES, ITEM_IDENTIFICATION, MACHINE_IDENTIFICATION = 1005, 1001, 1004, 1012


class Machinery:
    """The part of DI and Machinery that the server has; `di` and `machinery` are their namespaces."""

    def __init__(self, nodes: Nodes, di: int, machinery: int) -> None:
        """Add the types and the entry point."""
        self._nodes, self._di = nodes, di
        group = nodes.object_type(
            numbered(FUNCTIONAL_GROUP, di), FOLDER_TYPE, ua.QualifiedName("FunctionalGroupType", di), False
        )
        item = nodes.object_type(
            numbered(ITEM_IDENTIFICATION, machinery), group,
            ua.QualifiedName("MachineryItemIdentificationType", machinery), True,
        )  # fmt: skip
        self._type = nodes.object_type(
            numbered(MACHINE_IDENTIFICATION, machinery), item,
            ua.QualifiedName("MachineIdentificationType", machinery), False,
        )  # fmt: skip
        self._machines = nodes.object(
            numbered(MACHINES, machinery), standard(IDS.ObjectsFolder), ua.LocalizedText("Machines"),
            browse=ua.QualifiedName("Machines", machinery), kind=FOLDER_TYPE, by=ORGANIZES,
        )  # fmt: skip

    def add(self, texts: Texts, board: Board, site: str) -> None:
        """Make a works one of the machines, and say what it is."""
        works, nodes = board.works, self._nodes
        nodes.refer(self._machines, ORGANIZES, board.node)
        node = nodes.object(
            f"{works.id}/Identification", board.node, ua.LocalizedText("Identification"),
            browse=ua.QualifiedName("Identification", self._di), kind=self._type, by=ADD_IN,
        )  # fmt: skip
        for name, value, kind in (
            ("Manufacturer", ua.LocalizedText("Steelyard", "en"), KINDS.LocalizedText),
            ("Model", ua.LocalizedText(works.process, "en"), KINDS.LocalizedText),
            ("ProductInstanceUri", f"urn:steelyard:{site}:{works.id}", KINDS.String),
            ("SerialNumber", works.id, KINDS.String),
            ("SoftwareRevision", __version__, KINDS.String),
            ("ComponentName", texts.text(works.title), KINDS.LocalizedText),
            ("DeviceClass", "virtual steel works", KINDS.String),
        ):
            nodes.property(node, name, value, kind, namespace=self._di)

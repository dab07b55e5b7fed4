"""What a works is: the identification that Machinery (OPC 40001-1) asks of every machine, in standard types."""

from asyncua import ua

from steelyard import __version__
from steelyard.protocols.opcua.board import Board
from steelyard.protocols.opcua.nodes import FOLDER_TYPE, KINDS, Nodes
from steelyard.protocols.opcua.texts import Texts


def describe_machine(nodes: Nodes, texts: Texts, board: Board, site: str) -> None:
    """Add the identification of a works below its object: names as in the Machinery specification."""
    works = board.works
    node = nodes.object(f"{works.id}/Identification", board.node, ua.LocalizedText("Identification"), kind=FOLDER_TYPE)
    for name, value, kind in (
        ("Manufacturer", ua.LocalizedText("Steelyard", "en"), KINDS.LocalizedText),
        ("Model", texts.text({"en": works.process, "ko": works.process}), KINDS.LocalizedText),
        ("ProductInstanceUri", f"urn:steelyard:{site}:{works.id}", KINDS.String),
        ("SerialNumber", works.id, KINDS.String),
        ("SoftwareRevision", __version__, KINDS.String),
        ("ComponentName", texts.text(works.title), KINDS.LocalizedText),
        ("DeviceClass", "virtual steel works", KINDS.String),
    ):
        nodes.property(node, name, value, kind, namespace=nodes.namespace)

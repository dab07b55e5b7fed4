"""Builds nodes straight into the address space: thousands in a moment, and takes them out again.

The library's own way looks through all siblings for each node that is added, and through all nodes for each that goes.
"""

from collections.abc import Callable, Iterator
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from steelyard.protocols.opcua.standard import named, standard

IDS, ATTRIBUTES, KINDS = ua.ObjectIds, ua.AttributeIds, ua.VariantType
COMPONENT, PROPERTY, ORGANIZES, TYPE, SUBTYPE, ADD_IN = (
    standard(i)
    for i in (IDS.HasComponent, IDS.HasProperty, IDS.Organizes, IDS.HasTypeDefinition, IDS.HasSubtype, IDS.HasAddIn)
)
OBJECT_TYPE, FOLDER_TYPE, PROPERTY_TYPE = (standard(i) for i in (IDS.BaseObjectType, IDS.FolderType, IDS.PropertyType))
READ_ONLY = 1


def constant(value: Any, kind: ua.VariantType, is_array: bool = False) -> AttributeValue:
    """Return an attribute that never changes."""
    return AttributeValue(ua.DataValue(ua.Variant(value, kind, is_array=is_array)))


_NO_MASK = constant(0, KINDS.UInt32)
_SCALAR, _LIST = constant(-1, KINDS.Int32), constant(1, KINDS.Int32)
_READABLE, _NEVER = constant(READ_ONLY, KINDS.Byte), constant(False, KINDS.Boolean)
_ALWAYS, _SAMPLED = constant(True, KINDS.Boolean), constant(0.0, KINDS.Double)
_SILENT, _TELLING = constant(0, KINDS.Byte), constant(1, KINDS.Byte)
_CLASSES = {kind: constant(kind, KINDS.Int32) for kind in ua.NodeClass}


class Nodes:
    """Adds nodes of one namespace to an address space; a node's id is readable text, ``works/unit.signal``."""

    def __init__(self, space: AddressSpace, namespace: int) -> None:
        self.space, self.namespace = space, namespace

    def id(self, text: str) -> ua.NodeId:
        """Return the id of the node of this name."""
        return named(text, self.namespace)

    def object(
        self, name: str | ua.NodeId, parent: ua.NodeId, title: ua.LocalizedText, *,
        browse: ua.QualifiedName | None = None, kind: ua.NodeId = OBJECT_TYPE, by: ua.NodeId = COMPONENT,
        tells: bool = False,
    ) -> ua.NodeId:  # fmt: skip
        """Add an object; with `tells` one can subscribe to its events."""
        more = {ATTRIBUTES.EventNotifier: _TELLING if tells else _SILENT}
        return self._add(name, parent, ua.NodeClass.Object, kind, by, title, None, browse, more)

    def variable(
        self, name: str, parent: ua.NodeId, title: ua.LocalizedText, value: AttributeValue, data_type: ua.NodeId,
        kind: ua.NodeId, *, description: ua.LocalizedText | None = None, browse: ua.QualifiedName | None = None,
        access: int = READ_ONLY, kept: bool = False, by: ua.NodeId = COMPONENT, is_array: bool = False,
    ) -> ua.NodeId:  # fmt: skip
        """Add a variable; `access` holds the bits of AccessLevel, `kept` says that it has a history."""
        level = constant(access, KINDS.Byte)
        more = {
            ATTRIBUTES.Value: value, ATTRIBUTES.DataType: constant(data_type, KINDS.NodeId),
            ATTRIBUTES.ValueRank: _LIST if is_array else _SCALAR, ATTRIBUTES.AccessLevel: level,
            ATTRIBUTES.UserAccessLevel: level if access == READ_ONLY else constant(access & ~2, KINDS.Byte),
            ATTRIBUTES.MinimumSamplingInterval: _SAMPLED, ATTRIBUTES.Historizing: _ALWAYS if kept else _NEVER,
        }  # fmt: skip
        return self._add(name, parent, ua.NodeClass.Variable, kind, by, title, description, browse, more)

    def property(
        self, parent: ua.NodeId, name: str, value: Any, kind: ua.VariantType, data_type: int | None = None,
        namespace: int = 0,
    ) -> ua.NodeId:  # fmt: skip
        """Add a property with a constant value; a standard one has `namespace` 0."""
        many = isinstance(value, list)
        return self.variable(
            f"{parent.Identifier!s}/{name}", parent, ua.LocalizedText(name), constant(value, kind, many),
            standard(data_type or kind.value), PROPERTY_TYPE, browse=ua.QualifiedName(name, namespace), by=PROPERTY,
            is_array=many,
        )  # fmt: skip

    def method(
        self, parent: ua.NodeId, name: str, description: ua.LocalizedText, takes: list[ua.Argument],
        gives: list[ua.Argument],
    ) -> ua.NodeId:  # fmt: skip
        """Add a method; who may call it is asked when it is called."""
        more = {ATTRIBUTES.Executable: _ALWAYS, ATTRIBUTES.UserExecutable: _ALWAYS}
        node = self._add(
            f"{parent.Identifier!s}/{name}", parent, ua.NodeClass.Method, None, COMPONENT,
            ua.LocalizedText(name), description, ua.QualifiedName(name, self.namespace), more,
        )  # fmt: skip
        for title, arguments in (("InputArguments", takes), ("OutputArguments", gives)):
            if arguments:
                self.property(node, title, arguments, KINDS.ExtensionObject, IDS.Argument)
        return node

    def object_type(self, node: ua.NodeId, above: ua.NodeId, browse: ua.QualifiedName, abstract: bool) -> ua.NodeId:
        """Add a type of objects below another."""
        more = {ATTRIBUTES.IsAbstract: _ALWAYS if abstract else _NEVER}
        title = ua.LocalizedText(browse.Name)
        return self._add(node, above, ua.NodeClass.ObjectType, None, SUBTYPE, title, None, browse, more)

    def refer(self, source: ua.NodeId, kind: ua.NodeId, target: ua.NodeId) -> None:
        """Add a reference in both directions."""
        self.space[source].references.append(self._reference(kind, target, True))
        self.space[target].references.append(self._reference(kind, source, False))

    def remove(self, root: ua.NodeId) -> list[ua.NodeId]:
        """Take out a node of this namespace with all below it and every reference to them; return what went."""
        gone = list(self._below(root))
        known = set(gone)
        outside = {r.NodeId for node in gone for r in self.space[node].references} - known
        for node in outside:
            data = self.space.get(node)
            if data is not None:
                data.references[:] = [r for r in data.references if r.NodeId not in known]
        for node in gone:
            for attribute in self.space[node].attributes.values():
                self._forget(node, attribute)
            del self.space[node]
        return gone

    def _forget(self, node: ua.NodeId, attribute: AttributeValue) -> None:
        """Drop who watches this attribute; attributes that never change are shared, so only those of this node."""
        places = self.space._handle_to_attribute_map
        for handle in [h for h in attribute.datachange_callbacks if places.get(h, (None,))[0] == node]:
            del places[handle], attribute.datachange_callbacks[handle]

    def _below(self, root: ua.NodeId) -> Iterator[ua.NodeId]:
        yield root
        for reference in self.space[root].references:
            if reference.IsForward and reference.ReferenceTypeId in (COMPONENT, PROPERTY, ADD_IN):
                yield from self._below(reference.NodeId)

    def _add(
        self, name: str | ua.NodeId, parent: ua.NodeId, node_class: ua.NodeClass, kind: ua.NodeId | None, by: ua.NodeId,
        title: ua.LocalizedText, description: ua.LocalizedText | None, browse: ua.QualifiedName | None,
        more: dict[ua.AttributeIds, AttributeValue],
    ) -> ua.NodeId:  # fmt: skip
        node = self.id(name) if isinstance(name, str) else name
        data = NodeData(node)
        browse = browse or ua.QualifiedName(title.Text, self.namespace)
        data.attributes = {
            ATTRIBUTES.NodeId: constant(node, KINDS.NodeId), ATTRIBUTES.NodeClass: _CLASSES[node_class],
            ATTRIBUTES.BrowseName: constant(browse, KINDS.QualifiedName),
            ATTRIBUTES.DisplayName: constant(title, KINDS.LocalizedText),
            ATTRIBUTES.Description: constant(description or ua.LocalizedText(), KINDS.LocalizedText),
            ATTRIBUTES.WriteMask: _NO_MASK, ATTRIBUTES.UserWriteMask: _NO_MASK, **more,
        }  # fmt: skip
        self.space[node] = data
        if kind is not None:
            data.references.append(self._reference(TYPE, kind, True))
        data.references.append(self._reference(by, parent, False))
        self.space[parent].references.append(self._reference(by, node, True, kind))
        return node

    def _reference(
        self, kind: ua.NodeId, target: ua.NodeId, forward: bool, target_kind: ua.NodeId | None = None
    ) -> ua.ReferenceDescription:
        attributes = self.space[target].attributes
        read: Callable[[ua.AttributeIds], Any] = lambda which: attributes[which].value.Value.Value  # type: ignore[union-attr] # noqa: E731
        reference = ua.ReferenceDescription()
        reference.ReferenceTypeId, reference.NodeId, reference.IsForward = kind, target, forward
        reference.NodeClass, reference.BrowseName = read(ATTRIBUTES.NodeClass), read(ATTRIBUTES.BrowseName)
        reference.DisplayName = read(ATTRIBUTES.DisplayName)
        if target_kind is None:
            below = self.space[target].references
            target_kind = next((r.NodeId for r in below if r.ReferenceTypeId == TYPE and r.IsForward), None)
        if target_kind is not None:
            reference.TypeDefinition = target_kind
        return reference

"""Event filters as the standard has them, where the library takes a short cut."""

from typing import Any

from asyncua import ua
from asyncua.server.monitored_item_service import WhereClauseEvaluator

from steelyard.protocols.opcua.standard import standard

SUBTYPE = standard(ua.ObjectIds.HasSubtype)


class SubtypeAware(WhereClauseEvaluator):
    """A where clause in which OfType means the type and all its subtypes, as the standard has it."""

    def _eval_el(self, index: int, event: Any) -> Any:
        element = self.elements[index]
        if element.FilterOperator != ua.FilterOperator.OfType:
            return super()._eval_el(index, event)
        wanted = self._eval_op(element.FilterOperands[0], event)
        kind = event.EventType
        while kind is not None and kind != wanted:
            data = self._aspace.get(kind)
            up = [r.NodeId for r in data.references if r.ReferenceTypeId == SUBTYPE and not r.IsForward] if data else []
            kind = up[0] if up else None
        return kind is not None

"""The messages of Sparkplug B, built in code from their published field numbers and types.

Source: Eclipse Sparkplug Specification 3.0.0 (2022), chapter 6 "Payloads" (Google Protocol Buffers schema).
"""

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT32, INT64, UINT64, FLOAT, DOUBLE, BOOLEAN, STRING, DATETIME = 3, 4, 8, 9, 10, 11, 12, 13
SIGNED_BITS = {1: 8, 2: 16, INT32: 32, INT64: 64}

_TYPES = {
    "uint32": descriptor_pb2.FieldDescriptorProto.TYPE_UINT32,
    "uint64": descriptor_pb2.FieldDescriptorProto.TYPE_UINT64,
    "float": descriptor_pb2.FieldDescriptorProto.TYPE_FLOAT,
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
}
_FIELDS: dict[str, list[tuple[str, int, str, str]]] = {
    "PropertyValue": [
        ("type", 1, "uint32", ""), ("is_null", 2, "bool", ""),
        ("int_value", 3, "uint32", "value"), ("long_value", 4, "uint64", "value"),
        ("float_value", 5, "float", "value"), ("double_value", 6, "double", "value"),
        ("boolean_value", 7, "bool", "value"), ("string_value", 8, "string", "value"),
    ],
    "PropertySet": [("keys", 1, "string", "*"), ("values", 2, "PropertyValue", "*")],
    "Metric": [
        ("name", 1, "string", ""), ("alias", 2, "uint64", ""), ("timestamp", 3, "uint64", ""),
        ("datatype", 4, "uint32", ""), ("is_historical", 5, "bool", ""), ("is_transient", 6, "bool", ""),
        ("is_null", 7, "bool", ""), ("properties", 9, "PropertySet", ""),
        ("int_value", 10, "uint32", "value"), ("long_value", 11, "uint64", "value"),
        ("float_value", 12, "float", "value"), ("double_value", 13, "double", "value"),
        ("boolean_value", 14, "bool", "value"), ("string_value", 15, "string", "value"),
        ("bytes_value", 16, "bytes", "value"),
    ],
    "Payload": [
        ("timestamp", 1, "uint64", ""), ("metrics", 2, "Metric", "*"), ("seq", 3, "uint64", ""),
        ("uuid", 4, "string", ""), ("body", 5, "bytes", ""),
    ],
}  # fmt: skip


@cache
def payload_class() -> Any:
    """Return the class of a Sparkplug B payload; its metrics are made by `payload.metrics.add()`."""
    file = descriptor_pb2.FileDescriptorProto(
        name="steelyard/sparkplug_b.proto", package="steelyard.sparkplug", syntax="proto2"
    )
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        if any(field[3] == "value" for field in fields):
            message.oneof_decl.add(name="value")
        for field in fields:
            _add(message, *field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("steelyard.sparkplug.Payload"))


def _add(message: Any, name: str, number: int, kind: str, group: str) -> None:
    field = message.field.add(name=name, number=number)
    repeated = group == "*"
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    if kind in _TYPES:
        field.type = _TYPES[kind]
    else:
        field.type, field.type_name = field.TYPE_MESSAGE, f".steelyard.sparkplug.{kind}"
    if group == "value":
        field.oneof_index = 0


def metric_value(metric: Any, datatype: int = 0) -> float | bool | str | None:
    """Return the value of a metric, None when it is null or of a kind that no signal has."""
    kind = metric.WhichOneof("value")
    if metric.is_null or kind is None or kind == "bytes_value":
        return None
    value = getattr(metric, kind)
    bits = SIGNED_BITS.get(metric.datatype or datatype)
    if kind in ("int_value", "long_value") and bits:
        value &= (1 << bits) - 1
        value -= (value >> bits - 1) << bits
    found: float | bool | str = value
    return found

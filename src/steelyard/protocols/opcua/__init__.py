"""OPC UA: the board of every works as nodes, with methods, history, alarms and encrypted login."""

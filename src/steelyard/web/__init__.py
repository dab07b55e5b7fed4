"""The works over HTTP: REST and a live stream of server-sent events under ``/api/v1``."""

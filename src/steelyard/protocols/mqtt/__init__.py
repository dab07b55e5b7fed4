"""MQTT: plain JSON topics and Sparkplug B over an embedded broker or any other."""

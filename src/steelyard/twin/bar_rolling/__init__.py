"""The twin of a bar mill: temperatures and loads from recorded bars, with doubt, baselines and a yardstick."""

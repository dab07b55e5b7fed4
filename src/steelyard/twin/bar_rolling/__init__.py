"""The twin of a bar mill: thermal track and loads from recorded bars, with doubt, baselines and an outside yardstick."""

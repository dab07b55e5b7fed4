"""Gymnasium environments of the shipped plants (extra ``[rl]``); Gymnasium finds them by entry point."""

ENTRY_POINTS = {
    "steelyard/LadleFurnace-v0": "steelyard.environments.ladle_furnace:LadleFurnaceEnv",
    "steelyard/ReheatingFurnace-v0": "steelyard.environments.reheating_furnace:ReheatingFurnaceEnv",
}


def register() -> None:
    """Register the environments with Gymnasium, which calls this itself; calling it again changes nothing."""
    from gymnasium.envs import registration

    for name, place in ENTRY_POINTS.items():
        if name not in registration.registry:
            registration.register(id=name, entry_point=place)

"""Gymnasium environments of the shipped plants (extra ``[rl]``).

Importing this room makes them known to Gymnasium, as its users expect of a package of environments:
``import steelyard.environments`` and then ``gymnasium.make("steelyard/ReheatingFurnace-v0")``.
"""

ENTRY_POINTS = {
    "steelyard/LadleFurnace-v0": "steelyard.environments.ladle_furnace:LadleFurnaceEnv",
    "steelyard/ReheatingFurnace-v0": "steelyard.environments.reheating_furnace:ReheatingFurnaceEnv",
}


def register() -> None:
    """Make the environments known to Gymnasium; calling it again changes nothing."""
    from gymnasium.envs import registration

    for name, place in ENTRY_POINTS.items():
        if name not in registration.registry:
            registration.register(id=name, entry_point=place)


register()

"""`steelyard live`: look at a works that is served, and steer it. Speaks REST with the server, as anybody may."""

from typing import Annotated

import typer

from steelyard.cli import live_view as view
from steelyard.cli.live_server import On, fault_names, on_server, set_points, signal_names, snapshot_names, works_ids

app = typer.Typer(
    help="Look at a works that is served, and steer it: run, pause, step, write, snapshots, forks, faults.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Names = Annotated[list[str], typer.Argument(help="Signals; `*` stands for any text.", autocompletion=signal_names)]
SomeNames = Annotated[
    list[str] | None, typer.Argument(help="Signals; `*` stands for any text.", autocompletion=signal_names)
]


@app.command()
@on_server
def status(on: On) -> None:
    """Show all works on the wire: how they run, who holds which lease, what passed over each protocol."""
    client = on.client()
    found = client.get("/works")
    on.show(found, lambda: view.show_status(found, on.language, client.get("/counts")))


@app.command()
@on_server
def signals(on: On, names: SomeNames = None) -> None:
    """List signals: unit, range, who may write them, what they are."""
    found = on.client().get(on.at("/signals"), names=names)
    on.show(found, lambda: view.show_signals(found, on.language))


@app.command()
@on_server
def read(on: On, names: Names) -> None:
    """Read the latest values of signals."""
    client = on.client()
    found = client.get(on.at("/values"), names=names)
    on.show(found, lambda: view.show_values(found, client.get(on.at("/signals"), names=names), on.language))


@app.command()
@on_server
def write(
    on: On,
    assignments: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VALUE", help="Set-points in their trade unit.", autocompletion=set_points),
    ],
) -> None:
    """Write set-points, all or none; takes the lease of their role, or renews it."""
    names = [text.rpartition("=")[0] for text in assignments]
    known = on.client().get(on.at("/signals"), names=names) if all(names) else []
    values = view.assigned(assignments, on.language, {row["name"]: row["unit"] for row in known})
    found = on.client(known[0]["writable_by"]).post(on.at("/write"), {"set": values})
    on.show(found, lambda: view.say("written", on.language, what=view.together(values)))


@app.command()
@on_server
def start(on: On) -> None:
    """Run with the clock."""
    _command(on, "/run", {})


@app.command()
@on_server
def speed(
    on: On, times: Annotated[float, typer.Argument(help="Times real time, 0.1 to 1000.", min=0.1, max=1000.0)]
) -> None:
    """Run with the clock at another speed."""
    _command(on, "/run", {"speed": times})


@app.command()
@on_server
def pause(on: On) -> None:
    """Let the plant stand still."""
    _command(on, "/pause", {})


def _command(on: On, path: str, body: dict[str, object]) -> None:
    """Send a command that answers with the status of the works, and show it."""
    found = on.client().post(on.at(path), body)
    on.show(found, lambda: view.show_status([found], on.language))


@app.command()
@on_server
def step(
    on: On,
    n: Annotated[str, typer.Argument(metavar="N", help="How many steps, or a plant time such as 10min.")],
    names: SomeNames = None,
) -> None:
    """Make some steps by hand (the works must be paused), and read signals after the last one."""
    client = on.client()
    dt_s = 1.0 if n.isdecimal() else client.get(on.at(""))["dt_s"]
    many = view.steps(n, dt_s, on.language)
    found = client.post(on.at("/advance"), {"n": many, "read": names or []})

    def human() -> None:
        view.say("stepped", on.language, n=many, step=found["step"], time_s=found["time_s"])
        if names:
            view.show_values(found, client.get(on.at("/signals"), names=names), on.language)

    on.show(found, human)


@app.command()
@on_server
def snapshot(on: On, name: Annotated[str, typer.Argument(help="Letters, digits, '-' and '_'.")]) -> None:
    """Keep the state of this moment under a name."""
    found = on.client().post(on.at("/snapshots"), {"name": name})
    on.show(found, lambda: view.say("kept", on.language, name=found["name"], time_s=found["time_s"]))


@app.command()
@on_server
def snapshots(on: On) -> None:
    """List the snapshots that fit the works."""
    found = on.client().get(on.at("/snapshots"))
    on.show(found, lambda: view.show_rows(found, "snapshots", on.language))


@app.command()
@on_server
def restore(on: On, name: Annotated[str, typer.Argument(help="A snapshot.", autocompletion=snapshot_names)]) -> None:
    """Go back to a snapshot."""
    _command(on, "/restore", {"name": name})


@app.command()
@on_server
def fork(on: On) -> None:
    """Put a copy of the works on the wire beside it: what if, from here."""
    found = on.client().post(on.at("/fork"))
    on.show(found, lambda: view.say("forked", on.language, id=found["id"]))


@app.command()
@on_server
def drop(
    on: On, works_id: Annotated[str, typer.Argument(metavar="ID", help="A fork.", autocompletion=works_ids)]
) -> None:
    """Take a fork off the wire."""
    on.client().delete(f"/works/{works_id}")
    on.show({"id": works_id}, lambda: view.say("dropped", on.language, id=works_id))


@app.command()
@on_server
def fault(
    on: On,
    name: Annotated[str, typer.Argument(help="`steelyard live faults` lists them.", autocompletion=fault_names)],
    severity: Annotated[str, typer.Argument(help="0 to 1, or a percentage such as 80%.")],
    start_in: Annotated[str | None, typer.Option("--in", help="Plant time from now, e.g. 10min.")] = None,
    over: Annotated[str, typer.Option(help="Time over which it grows, e.g. 2h.")] = "0s",
) -> None:
    """Let a fault come."""
    from steelyard.web.client import seconds

    how_much, client = view.severity(severity, on.language), on.client()
    begin = None if start_in is None else client.get(on.at(""))["time_s"] + seconds(start_in)
    body = {"faults": {name: how_much}, "growth_s": seconds(over), "start_s": begin}
    found = client.post(on.at("/faults"), body)
    on.show(found, lambda: view.say("scheduled", on.language, name=name, severity=how_much))


@app.command()
@on_server
def faults(on: On) -> None:
    """List the faults that can be scheduled."""
    found = on.client().get(on.at("/faults"))
    on.show(found, lambda: typer.echo("\n".join(found["faults"])))


@app.command()
@on_server
def alarms(on: On) -> None:
    """List the alarms that stand now."""
    found = on.client().get(on.at("/alarms"))
    on.show(found, lambda: view.show_alarms(found, on.language))


@app.command()
@on_server
def lease(
    on: On,
    take: Annotated[str | None, typer.Option(help="Take the lease of this role.")] = None,
    release: Annotated[str | None, typer.Option(help="Give the lease of this role back.")] = None,
) -> None:
    """List the leases that hold now; take one, or give one back."""
    client = on.client(take or release)
    if take:
        client.post(on.at("/leases"), {"role": take})
    if release:
        client.delete(on.at(f"/leases/{release}"))
    found = client.get(on.at("/leases"))
    on.show(found, lambda: view.show_rows(found, "leases", on.language))


@app.command()
@on_server
def history(
    on: On,
    names: Names,
    last: Annotated[str, typer.Option(help="How far back from now, e.g. 10min.")] = "10min",
    limit: Annotated[int, typer.Option(help="At most this many rows.", min=1, max=100_000)] = 10_000,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Show what was recorded."""
    from steelyard.web.client import seconds

    client = on.client()
    begin = max(0.0, client.get(on.at(""))["time_s"] - seconds(last))
    span = {"names": names, "from": begin, "limit": limit}
    if csv:
        text, said = client.csv(on.at("/history"), **span)
        typer.echo(text, nl=False)
        if said["stride"] > 1:
            typer.echo(view.TEXT["thinned"][on.language].format(**said), err=True)
    else:
        found = client.get(on.at("/history"), **span)
        on.show(found, lambda: view.show_history(found, on.language))


@app.command()
@on_server
def watch(
    on: On,
    names: Names,
    hz: Annotated[float, typer.Option(help="At most this often a second.", min=0.01, max=100.0)] = 2.0,
    count: Annotated[int | None, typer.Option(help="End after this many frames.", min=1)] = None,
) -> None:
    """Follow signals live until Ctrl-C; with --json one event a line."""
    client = on.client()
    known = client.get(on.at("/signals"), names=names)
    events = view.first_frames(client.stream(on.at("/stream"), names=names, max_hz=hz), count)
    view.follow(events, known, on.json_out, on.language)


@app.command()
@on_server
def audit(
    on: On,
    count: Annotated[int, typer.Option(help="How many entries, the last ones.", min=1, max=1000)] = 20,
    kind: Annotated[str | None, typer.Option(help="Only these: write, command, login, refused, users, …")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Only what this user did.")] = None,
) -> None:
    """Show the last entries of the audit log, times in UTC; with --works only those of that works."""
    asked = {"kind": kind, "user": by, "works": on.works}
    found = on.client(shy=False).get("/audit", count=count, **asked)
    on.show(found, lambda: view.show_audit(found, on.language))

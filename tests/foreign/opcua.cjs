// A client that is not ours (node-opcua): prints what it saw as one line of JSON. Arguments: url, user, password.
const {
  OPCUAClient, MessageSecurityMode, SecurityPolicy, UserTokenType, AttributeIds, DataType,
  TimestampsToReturn, constructEventFilter, resolveNodeId,
} = require("node-opcua-client");

const [url, userName, password] = process.argv.slice(2);
const id = (name) => `ns=2;s=main/${name}`;
const seen = {};

async function main() {
  const client = OPCUAClient.create({
    applicationName: "foreign", securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy[process.env.POLICY || "Basic256Sha256"], endpointMustExist: false,
    connectionStrategy: { maxRetry: 1 },
  });
  await client.connect(url);
  seen.endpoints = (await client.getEndpoints()).map((e) => `${e.securityPolicyUri.split("#")[1]}/${MessageSecurityMode[e.securityMode]}`);
  const session = await client.createSession({ type: UserTokenType.UserName, userName, password });

  seen.works = (await session.browse("ns=2;s=site")).references.map((r) => r.browseName.name);
  seen.units = (await session.browse("ns=2;s=main")).references.map((r) => r.browseName.name);
  const setpoint = id("ladle_furnace.argon_flow_setpoint");
  seen.value = (await session.read({ nodeId: setpoint, attributeId: AttributeIds.Value })).toJSON();
  seen.range = (await session.read({ nodeId: `${setpoint}/EURange` })).value.value;
  seen.writable = (await session.read({ nodeId: setpoint, attributeId: AttributeIds.UserAccessLevel })).value.value;

  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 50, requestedMaxKeepAliveCount: 10, requestedLifetimeCount: 100, publishingEnabled: true,
  });
  seen.times = [];
  const item = await subscription.monitor(
    { nodeId: id("ladle_furnace.heat_time"), attributeId: AttributeIds.Value },
    { samplingInterval: 0, queueSize: 100, discardOldest: true }, TimestampsToReturn.Both);
  item.on("changed", (value) => seen.times.push(value.value.value));
  seen.events = [];
  const events = await subscription.monitor(
    { nodeId: resolveNodeId("Server"), attributeId: AttributeIds.EventNotifier },
    { queueSize: 100, filter: constructEventFilter(["EventId", "EventType", "SourceName", "Message", "Severity", "ActiveState.Id", "ConditionName", "Retain"]) },
    TimestampsToReturn.Both);
  events.on("changed", (fields) => seen.events.push(fields.map((f) => f.value)));

  seen.write = (await session.write({ nodeId: setpoint, attributeId: AttributeIds.Value,
    value: { value: { dataType: DataType.Double, value: 250 } } })).name;
  const call = async (name, ...inputs) => {
    const inputArguments = inputs.map(([dataType, value]) => ({ dataType, value }));
    const result = await session.call({ objectId: "ns=2;s=main", methodId: id(name), inputArguments });
    return { status: result.statusCode.name, outputs: (result.outputArguments || []).map((o) => o.value) };
  };
  seen.advance = [];
  for (let k = 0; k < 5; k++) seen.advance.push(await call("Advance", [DataType.UInt32, 1]));
  seen.arguments = (await session.getArgumentDefinition(id("ScheduleFault"))).inputArguments.map((a) => a.name);
  const write = async (nodeId, dataType, value) => (await session.write({ nodeId, attributeId: AttributeIds.Value,
    value: { value: { dataType, value } } })).name;
  seen.refused = {
    other_role: await write(id("operator.heating_energy_advice"), DataType.Double, 1),
    read_only: await write(id("ladle_furnace.arc_power"), DataType.Double, 1),
    type: await write(setpoint, DataType.String, "much"),
    range: await write(setpoint, DataType.Double, 1e9),
    command: (await call("Pause")).status,
  };
  const history = await session.readHistoryValue(setpoint, new Date("2025-12-31T00:00:00Z"), new Date("2026-12-31T00:00:00Z"));
  seen.history = { status: history.statusCode.name, count: (history.historyData?.dataValues || []).length };
  await new Promise((resolve) => setTimeout(resolve, 500));
  seen.refresh = (await session.call({ objectId: "i=2782", methodId: "i=3875",
    inputArguments: [{ dataType: DataType.UInt32, value: subscription.subscriptionId }] })).statusCode.name;
  await new Promise((resolve) => setTimeout(resolve, 300));
  const alarm = seen.events.find((fields) => fields[6] === "steel_hot");
  seen.alarm = alarm && { source: alarm[2], message: alarm[3].text, severity: alarm[4], active: alarm[5], retain: alarm[7] };
  if (alarm) {
    const acknowledge = () => session.acknowledgeCondition("ns=2;s=main/alarm/steel_hot", alarm[0], "seen");
    seen.acknowledge = [(await acknowledge()).name, (await acknowledge()).name];
  }
  delete seen.events;
  await subscription.terminate();
  await session.close();
  await client.disconnect();
  console.log(JSON.stringify(seen));
}
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });

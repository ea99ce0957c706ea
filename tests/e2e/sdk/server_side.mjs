// Calls the official SDK as a server of its users does, and prints what came of it as JSON.
//
// TRACK_API_URL, TRACK_CLIENT_ID and TRACK_CLIENT_SECRET say where to; PROFILE_ID is whose calls
// these are. Retries hide failures from callers of the SDK, so every request is noted below it.
import { OpenPanel } from "@openpanel/sdk";

const { TRACK_API_URL, TRACK_CLIENT_ID, TRACK_CLIENT_SECRET, PROFILE_ID } = process.env;
const requests = [];
const send = globalThis.fetch;

globalThis.fetch = async (address, options) => {
  const body = options.body ? JSON.parse(options.body) : null;
  const note = { path: new URL(address).pathname, type: body?.type ?? null, status: 0 };
  requests.push(note);
  const answer = await send(address, options);
  note.status = answer.status;
  note.answer = await answer.clone().text();
  return answer;
};

const options = {
  apiUrl: TRACK_API_URL,
  clientId: TRACK_CLIENT_ID,
  clientSecret: TRACK_CLIENT_SECRET,
};
const group = `${PROFILE_ID}-company`;

const op = new OpenPanel(options);
op.setGlobalProperties({ release: "2.4.0" });
await op.track("sdk_visited", { note: PROFILE_ID, list: [1, 2], nested: { deep: true } });
await op.identify({
  profileId: PROFILE_ID,
  firstName: "Ada",
  lastName: "Lovelace",
  email: "ada@example.com",
  avatar: "https://example.com/ada.png",
  properties: { credits: 10, plan: { name: "pro" } },
});
await op.increment({ profileId: PROFILE_ID, property: "credits", value: 5 });
await op.decrement({ profileId: PROFILE_ID, property: "credits", value: 3 });
await op.increment({ profileId: PROFILE_ID, property: "visits" });
await op.increment({ profileId: PROFILE_ID, property: "plan.seats", value: 2 });
await op.upsertGroup({ id: group, type: "company", name: "Acme", properties: { size: 12 } });
await op.setGroup(group);
await op.setGroups([`${PROFILE_ID}-team`]);
await op.track("sdk_invited", { note: PROFILE_ID, groups: ["guests"], seats: 3, paid: false });
await op.revenue(1999, { note: PROFILE_ID, currency: "EUR" });

// The current SDK keeps the call and sends nothing; what its ancestors sent goes by hand.
op.alias({ profileId: PROFILE_ID, alias: `${PROFILE_ID}-alias` });
await op.send({ type: "alias", payload: { profileId: PROFILE_ID, alias: `${PROFILE_ID}-alias` } });
const later = new OpenPanel(options);
await later.track("sdk_renamed", { profileId: `${PROFILE_ID}-alias`, note: PROFILE_ID });

// What a visitor of the server does, told for the visitor's own device.
const relay = new OpenPanel(options);
relay.api.addHeader("openpanel-client-ip", "8.8.8.8");
relay.api.addHeader(
  "user-agent",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " +
    "Chrome/141.0.0.0 Safari/537.36",
);
await relay.track("sdk_relayed", { note: PROFILE_ID, __path: "https://shop.example/cart" });
// Its ancestors asked the server for the device, the current one knows the last answer's.
const known = { deviceId: await relay.fetchDeviceId(), sessionId: relay.getSessionId() };
const asked = await relay.api.fetch("/track/device-id", undefined, { method: "GET" });

// Told while there is no consent, sent once there is, with the time at which each was told.
const waiting = new OpenPanel({ ...options, disabled: true });
await waiting.track("sdk_queued", { note: PROFILE_ID, place: 1 });
await waiting.identify({ profileId: PROFILE_ID, properties: { consent: true } });
await waiting.track("sdk_queued", { note: PROFILE_ID, place: 2 });
const whileWaiting = requests.filter(({ status }) => status === 0).length;
await new Promise((resolve) => setTimeout(resolve, 50));
const releasedAt = new Date().toISOString();
waiting.ready();

process.once("beforeExit", () => {
  console.log(JSON.stringify({ requests, asked, known, whileWaiting, releasedAt }));
});

// Writes with Mixpanel's library for Node as a server of its users does.
//
// ORIGIN, TOKEN and SECRET say where to and as whom. Prints the errors of all calls as JSON, null
// for those that went well.
import Mixpanel from "mixpanel";

const { ORIGIN, TOKEN, SECRET } = process.env;
const { host, protocol } = new URL(ORIGIN);
const options = { host, protocol: protocol.slice(0, -1), path: "" };
const library = Mixpanel.init(TOKEN, { ...options, key: SECRET });
const talkative = Mixpanel.init(TOKEN, { ...options, verbose: true });

const errors = {};
const called = (name, call) =>
  new Promise((resolve) => {
    call((error) => {
      const told = Array.isArray(error) ? error.filter(Boolean) : error;
      errors[name] = told && told.length !== 0 ? String(told) : null;
      resolve();
    });
  });

const now = Date.now();
const hourAgo = Math.floor(now / 1000) - 3600;
// The letters make base64 with the signs that forms and addresses have another use for.
const odd = "ö>>>???~~~ÿÿ 😀 & = +";

await called("track", (done) =>
  library.track("Tracked by Node", { distinct_id: "bo", n: 3, odd, list: [1, "two"] }, done),
);
await called("verbose", (done) =>
  talkative.track("Told by Node", { distinct_id: "bo", deep: { a: [null, true] } }, done),
);
const batch = Array.from({ length: 60 }, (_, number) => ({
  event: "Batched by Node",
  properties: { distinct_id: "bo", number, odd },
}));
await called("track_batch", (done) => library.track_batch(batch, done));
await called("import", (done) =>
  library.import("Imported by Node", hourAgo, { distinct_id: "bo", $insert_id: "node-1" }, done),
);
const old = Array.from({ length: 3 }, (_, number) => ({
  event: "Imported in a batch by Node",
  properties: { distinct_id: "bo", number, time: hourAgo - number, $insert_id: `node-b-${number}` },
}));
await called("import_batch", (done) => library.import_batch(old, done));
await called("set", (done) =>
  library.people.set("bo", { $first_name: "Bo", $email: "bo@example.com", plan: "free" }, done),
);
await called("set_once", (done) => library.people.set_once("bo", "plan", "pro", done));
await called("increment", (done) => library.people.increment("bo", { visits: 2, coins: 5 }, done));
await called("append", (done) => library.people.append("bo", "pages", "a", done));
await called("union", (done) => library.people.union("bo", { pages: ["a", "b"] }, done));
await called("remove", (done) => library.people.remove("bo", { pages: "a" }, done));
await called("unset", (done) => library.people.unset("bo", "coins", done));
await called("charge", (done) => library.people.track_charge("bo", 9.5, {}, done));
await called("delete", (done) => library.people.delete_user("nobody", done));
await called("alias", (done) => library.alias("bo", "bo-alias", done));
const group = ["company", "acme"];
await called("group set", (done) =>
  library.groups.set(...group, { $name: "Acme Inc.", seats: 5, old: true }, done),
);
await called("group set_once", (done) => library.groups.set_once(...group, "seats", 9, done));
await called("group union", (done) =>
  library.groups.union(...group, { items: ["anvil", "rope"] }, done),
);
await called("group remove", (done) => library.groups.remove(...group, { items: "rope" }, done));
await called("group unset", (done) => library.groups.unset(...group, "old", done));
await called("group delete", (done) => library.groups.delete_group("company", "nobody", done));

process.stdout.write(JSON.stringify(errors));

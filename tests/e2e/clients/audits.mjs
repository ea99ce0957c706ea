// Runs graphql-http's audits of servers against the endpoint.
import { serverAudits } from "graphql-http";

import { reader, report, url } from "./harness.mjs";

const fetchFn = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, ...reader } });

await report({
  async audits() {
    const audits = serverAudits({ url, fetchFn });
    const results = await Promise.all(audits.map((audit) => audit.fn()));
    return results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
  },
});

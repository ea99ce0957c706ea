// graphql-request: a function around fetch.
import { GraphQLClient } from "graphql-request";

import * as h from "./harness.mjs";

function client(headers = h.reader, options = {}) {
  const { watched, requests } = h.watchedFetch();
  return { graphql: new GraphQLClient(h.url, { headers, fetch: watched, ...options }), requests };
}

async function failed({ graphql, requests }, query, variables) {
  try {
    return await graphql.request(query, variables);
  } catch (error) {
    return h.failure(error.response.errors, requests);
  }
}

const changed = async (variables) => (await client(h.writer).graphql.request(h.TRACK, variables)).track;

await h.report({
  async query() {
    const { graphql, requests } = client();
    return { data: await graphql.request(h.SEEN, h.seen), requests };
  },
  async get() {
    const { graphql, requests } = client(h.reader, { method: "GET" });
    return { data: await graphql.request(h.SEEN, h.seen), requests };
  },
  mutation: () => changed(h.ownEvent("graphql-request")),
  problem: () => changed(h.refusedEvent),
  invalid: () => failed(client(), h.INVALID, {}),
  denied: () => failed(client({}), h.SEEN, h.seen),
});

// urql, as it comes: queries go by GET while their address is short.
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

import * as h from "./harness.mjs";

function client(headers = h.reader, { exchanges = [fetchExchange], ...options } = {}) {
  const { watched, requests } = h.watchedFetch();
  const urql = new Client({
    url: h.url,
    exchanges: [cacheExchange, ...exchanges],
    fetch: watched,
    fetchOptions: { headers },
    ...options,
  });
  return { urql, requests };
}

async function failed({ urql, requests }, query, variables) {
  const { error } = await urql.query(query, variables);
  return h.failure(error.graphQLErrors, requests);
}

const changed = async (variables) => {
  const { urql } = client(h.writer);
  return (await urql.mutation(h.TRACK, variables)).data.track;
};

await h.report({
  async query() {
    const { urql, requests } = client(h.reader, { preferGetMethod: false });
    const { data } = await urql.query(h.SEEN, h.seen);
    return { data, requests };
  },
  async get() {
    const { urql, requests } = client();
    const { data } = await urql.query(h.SEEN, h.seen);
    return { data, requests };
  },
  mutation: () => changed(h.ownEvent("urql")),
  problem: () => changed(h.refusedEvent),
  async automatic() {
    const exchanges = [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange];
    const { urql, requests } = client(h.reader, { exchanges });
    const query = h.SEEN.replace("query Seen", "query SeenByUrql");
    const { data } = await urql.query(query, h.seen);
    await urql.query(query, h.seen, { requestPolicy: "network-only" });
    return { data, requests };
  },
  async deferred() {
    const { urql, requests } = client(h.reader, { preferGetMethod: false });
    const states = [];
    await new Promise((resolve, reject) =>
      urql.query(h.DEFERRED, h.seen).subscribe(({ data, error, hasNext }) => {
        if (error) reject(error);
        states.push({ data: structuredClone(data), dataState: hasNext ? "streaming" : "complete" });
        if (!hasNext) resolve();
      }),
    );
    return { states, requests };
  },
  invalid: () => failed(client(), h.INVALID, {}),
  denied: () => failed(client({}), h.SEEN, h.seen),
});

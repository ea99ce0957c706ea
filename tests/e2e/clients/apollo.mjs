// Apollo Client, with the links that its users put together.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { CombinedGraphQLErrors, ServerError } from "@apollo/client/errors";
import { GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

import * as h from "./harness.mjs";

function client(headers = h.reader, { http = {}, link = (last) => last, ...options } = {}) {
  const { watched, requests } = h.watchedFetch();
  const last = new HttpLink({ uri: h.url, headers, fetch: watched, ...http });
  const apollo = new ApolloClient({ cache: new InMemoryCache(), link: link(last), ...options });
  return { apollo, requests };
}

const query = { query: gql(h.SEEN), variables: h.seen };

async function failed({ apollo, requests }, operation) {
  try {
    return await apollo.query(operation);
  } catch (error) {
    if (CombinedGraphQLErrors.is(error)) return h.failure(error.errors, requests);
    if (ServerError.is(error)) return h.failure(JSON.parse(error.bodyText).errors, requests);
    throw error;
  }
}

await h.report({
  async query() {
    const { apollo, requests } = client();
    const { data } = await apollo.query(query);
    return { data, requests };
  },
  async get() {
    const { apollo, requests } = client(h.reader, { http: { useGETForQueries: true } });
    const { data } = await apollo.query(query);
    return { data, requests };
  },
  async mutation() {
    const { apollo } = client(h.writer);
    const asked = { mutation: gql(h.TRACK), variables: h.ownEvent("apollo") };
    return (await apollo.mutate(asked)).data.track;
  },
  async problem() {
    const { apollo } = client(h.writer);
    const asked = { mutation: gql(h.TRACK), variables: h.refusedEvent };
    return (await apollo.mutate(asked)).data.track;
  },
  async automatic() {
    const persisted = new PersistedQueryLink({ sha256: h.sha256, useGETForHashedQueries: true });
    const { apollo, requests } = client(h.reader, { link: (last) => persisted.concat(last) });
    const { data } = await apollo.query(query);
    await apollo.query({ ...query, fetchPolicy: "network-only" });
    return { data, requests };
  },
  async deferred() {
    const { apollo, requests } = client(h.reader, {
      incrementalHandler: new GraphQL17Alpha9Handler(),
    });
    const states = [];
    const watched = apollo.watchQuery({ query: gql(h.DEFERRED), variables: h.seen });
    await new Promise((resolve, reject) =>
      watched.subscribe(({ data, dataState, error }) => {
        if (error) reject(error);
        if (data) states.push({ data, dataState });
        if (dataState === "complete") resolve();
      }),
    );
    return { states, requests };
  },
  invalid: () => failed(client(), { query: gql(h.INVALID) }),
  denied: () => failed(client({}), query),
});

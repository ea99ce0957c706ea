import { Client, cacheExchange, fetchExchange } from "urql";

/** The project that the page is about: `ROSETTA_PROJECT`, or the demo. */
declare const PROJECT: string;
export const project = PROJECT;

/** Queries go by POST; subscriptions come as server-sent events from the same address. */
export const client = new Client({
  url: "/graphql",
  exchanges: [cacheExchange, fetchExchange],
  fetchSubscriptions: true,
  preferGetMethod: false,
});

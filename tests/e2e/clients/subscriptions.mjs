// Subscriptions over every transport that the clients have.
//
// Each case tracks events until the subscription tells of one, and reads what is live now.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createEventsClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";

import * as h from "./harness.mjs";

const sockets = (connectionParams, options = {}) =>
  createSocketClient({
    url: h.socketUrl,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
    ...options,
  });

/** graphql-sse with one stream for all its operations, which adds a header of its own. */
const shared = (headers = { ...h.reader }) =>
  createEventsClient({ url: h.url, headers, singleConnection: true, retryAttempts: 0 });

/** The first event and the first live numbers that `subscribe` tells for either document. */
async function both(who, subscribe) {
  const names = { project: h.project, name: `${h.name}-${who}` };
  const added = await h.firstAdded(who, (resolve, reject) =>
    subscribe(h.ADDED, names, (data) => resolve(data.eventAdded.event), reject),
  );
  const live = await new Promise((resolve, reject) =>
    subscribe(h.LIVE, { project: h.project }, (data) => resolve(data.liveChanged), reject),
  );
  return { added, live };
}

function throughApollo(link) {
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  return (text, variables, next, error) => {
    const told = client.subscribe({ query: gql(text), variables });
    const ending = told.subscribe({
      next: (result) => {
        if (result.error) return error(result.error);
        next(result.data);
        ending.unsubscribe();
      },
      error,
    });
  };
}

function throughUrql(options) {
  const client = new Client({ url: h.url, fetchOptions: { headers: h.reader }, ...options });
  return (text, variables, next, error) => {
    const ending = client.subscription(text, variables).subscribe((result) => {
      if (result.error) return error(result.error);
      next(result.data);
      // Trap: urql takes an end from within its own call for a failure of the connection.
      setTimeout(() => ending.unsubscribe());
    });
  };
}

/** graphql-ws and graphql-sse are called in the same way. */
function throughSink(client) {
  return (query, variables, next, error) => {
    const sink = {
      next: ({ data, errors }) => {
        if (errors) return error(errors);
        next(data);
        stop();
      },
      error,
      complete: () => undefined,
    };
    const stop = client.subscribe({ query, variables }, sink);
  };
}

/** How the server ends a connection that should not be, or answers one that should. */
const answered = (client, query) =>
  new Promise((resolve) => {
    const sink = {
      next: ({ data, errors }) => resolve(errors ? h.failure(errors) : { data }),
      error: (error) =>
        resolve(
          Array.isArray(error)
            ? h.failure(error)
            : { closed: error.code ?? error.response?.status ?? error.status },
        ),
      complete: () => undefined,
    };
    client.subscribe({ query, variables: h.seen }, sink);
  });

await h.report({
  apolloWebSocket: () => both("apollo-ws", throughApollo(new GraphQLWsLink(sockets(h.reader)))),
  apolloMultipart: () =>
    both("apollo-multipart", throughApollo(new HttpLink({ uri: h.url, headers: h.reader }))),
  urqlEvents: () =>
    both("urql-sse", throughUrql({ exchanges: [fetchExchange], fetchSubscriptions: true })),
  urqlWebSocket() {
    const socket = sockets(h.reader);
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
    });
    const exchanges = [subscriptionExchange({ forwardSubscription }), fetchExchange];
    return both("urql-ws", throughUrql({ exchanges }));
  },
  graphqlWs: () => both("graphql-ws", throughSink(sockets(h.reader))),
  graphqlWsHeaders: () => both("graphql-ws-headers", throughSink(sockets({ headers: h.reader }))),
  graphqlSse: () =>
    both("graphql-sse", throughSink(createEventsClient({ url: h.url, headers: h.reader }))),
  graphqlSseSingle: () => both("graphql-sse-single", throughSink(shared())),
  socketQuery: () => answered(sockets(h.reader), h.SEEN),
  socketInvalid: () => answered(sockets(h.reader), h.INVALID),
  socketDenied: () =>
    answered(sockets({ "openpanel-client-id": "nobody", "openpanel-client-secret": "x" }), h.LIVE),
  eventsQuery: () => answered(createEventsClient({ url: h.url, headers: h.reader }), h.SEEN),
  sharedQuery: () => answered(shared(), h.SEEN),
  sharedDenied: () => answered(shared({ ...h.writer }), h.SEEN),
  sharedInvalid: () => answered(shared(), h.INVALID),
  async pings() {
    let pongs = 0;
    const client = sockets(h.reader, { keepAlive: 20, lazy: false, on: { pong: () => pongs++ } });
    while (pongs < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await client.dispose();
    return { pongs };
  },
});

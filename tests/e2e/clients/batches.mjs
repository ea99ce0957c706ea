// Several operations in one request, as graphql-request and Apollo's link of batches send them.
import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { GraphQLClient } from "graphql-request";

import * as h from "./harness.mjs";

const SLUG = "query Slug($project: ID!) { project(id: $project) { slug } }";
const NUMBER = "query Number($project: ID!) { project(id: $project) { number } }";
const variables = { project: h.project };

await h.report({
  async graphqlRequest() {
    const { watched, requests } = h.watchedFetch();
    const client = new GraphQLClient(h.url, { headers: h.reader, fetch: watched });
    const asked = [SLUG, NUMBER].map((document) => ({ document, variables }));
    const answers = await client.batchRequests(asked);
    return { data: answers.map(({ data }) => data), requests: requests.length };
  },
  async apollo() {
    const { watched, requests } = h.watchedFetch();
    const link = new BatchHttpLink({ uri: h.url, headers: h.reader, fetch: watched });
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    const asked = [SLUG, NUMBER].map((text) => client.query({ query: gql(text), variables }));
    const answers = await Promise.all(asked);
    return { data: answers.map(({ data }) => data), requests: requests.length };
  },
});

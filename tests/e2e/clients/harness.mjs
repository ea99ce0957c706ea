// What every client does, told once: whom to ask, what to ask, and how to report.
//
// CLIENT_TEST holds, as JSON, the server's addresses, the credentials of a client that reads and
// of one that writes, the project, and the name of the events that the test looks for.
import { createHash } from "node:crypto";

export const { url, socketUrl, reader, writer, project, name } = JSON.parse(process.env.CLIENT_TEST);

export const SEEN = /* GraphQL */ `
  query Seen($project: ID!, $name: String!) {
    project(id: $project) {
      slug
      events(first: 10, filter: { name: { eq: $name } }, orderBy: OLDEST) {
        nodes { id name profileId properties }
      }
      breakdown(
        by: [{ property: "fruit" }]
        metrics: [{ metric: EVENTS }]
        range: { last: { amount: 1, unit: DAY } }
        filter: { name: { eq: $name } }
      ) {
        rows { key values share }
        totalCount
      }
    }
  }
`;
export const TRACK = /* GraphQL */ `
  mutation Track($input: TrackInput!) {
    track(input: $input) {
      __typename
      ... on TrackSuccess { event { name properties } duplicate }
      ... on InvalidInput { message fields { path message } }
    }
  }
`;
export const DEFERRED = /* GraphQL */ `
  query Deferred($project: ID!, $name: String!) {
    project(id: $project) {
      slug
      ... @defer {
        events(first: 10, filter: { name: { eq: $name } }) { totalCount }
      }
    }
  }
`;
export const INVALID = "query Invalid { viewer { nonsense } }";
export const ADDED = /* GraphQL */ `
  subscription Added($project: ID!, $name: String!) {
    eventAdded(projectId: $project, filter: { name: { eq: $name } }) {
      event { name properties }
    }
  }
`;
export const LIVE = /* GraphQL */ `
  subscription Live($project: ID!) {
    liveChanged(projectId: $project) { visitors events }
  }
`;

export const seen = { project, name };
export const refusedEvent = { input: { projectId: project, name: "" } };

/** An event of its own name: what others wrote must not be counted among those of the test. */
export const ownEvent = (who) => ({
  input: { projectId: project, name: `${name}-${who}`, properties: { by: who } },
});

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** A fetch function and the list of what went through it: methods, statuses and media types. */
export function watchedFetch() {
  const requests = [];
  const watched = async (address, options = {}) => {
    const answer = await fetch(address, options);
    const hasText =
      new URL(address).searchParams.has("query") || `${options.body ?? ""}`.includes('"query"');
    requests.push({
      method: options.method ?? "GET",
      status: answer.status,
      type: (answer.headers.get("content-type") ?? "").split(";")[0],
      sends: hasText ? "text" : "hash",
    });
    return answer;
  };
  return { watched, requests };
}

/** Tracks events of that client until the subscription tells of one; resolves to what it told. */
export async function firstAdded(who, subscribe) {
  let isOver = false;
  const told = new Promise((resolve, reject) => subscribe(resolve, reject));
  const over = told.finally(() => (isOver = true));
  const track = async () => {
    // A subscription tells nobody when it has begun, so there is an event after that, too.
    while (!isOver) {
      await ask(TRACK, ownEvent(who), writer);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await Promise.all([over, track()]);
  return told;
}

/** The answer to an operation without any client between. */
export async function ask(query, variables, headers) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return answer.json();
}

/** What went wrong, in the same few words whatever the client's error looks like. */
export const failure = (errors, requests = []) => ({
  codes: errors.map((error) => error.extensions?.code),
  messages: errors.map((error) => error.message),
  status: requests.at(-1)?.status,
});

/** Runs the cases one after another and prints what each came to, as one JSON object. */
export async function report(cases) {
  const found = {};
  for (const [title, run] of Object.entries(cases)) {
    found[title] = await run();
  }
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
}

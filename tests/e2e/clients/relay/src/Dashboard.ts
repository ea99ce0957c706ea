// What a Relay app declares: a page, a list that loads more, an object that is asked for again by
// its id, and a mutation.
import { graphql } from "relay-runtime";

export const page = graphql`
  query DashboardQuery($project: ID!, $name: String!) {
    project(id: $project) {
      totals(
        metrics: [{ metric: EVENTS }]
        range: { last: { amount: 1, unit: DAY } }
        filter: { name: { eq: $name } }
      ) {
        values { name value }
      }
      ...DashboardEvents_project @arguments(name: $name)
    }
  }
`;

export const events = graphql`
  fragment DashboardEvents_project on Project
  @refetchable(queryName: "DashboardEventsPaginationQuery")
  @argumentDefinitions(
    name: { type: "String!" }
    count: { type: "Int", defaultValue: 2 }
    cursor: { type: "String" }
  ) {
    events(first: $count, after: $cursor, filter: { name: { eq: $name } }, orderBy: OLDEST)
      @connection(key: "DashboardEvents_events") {
      edges {
        node {
          id
          ...DashboardEvent_event
        }
      }
    }
  }
`;

export const event = graphql`
  fragment DashboardEvent_event on Event @refetchable(queryName: "DashboardEventRefetchQuery") {
    name
    createdAt
    property(key: "fruit")
  }
`;

export const track = graphql`
  mutation DashboardTrackMutation($input: TrackInput!) {
    track(input: $input) {
      ... on TrackSuccess { event { ...DashboardEvent_event } }
      ... on Problem { message }
    }
  }
`;

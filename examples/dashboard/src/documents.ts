// Everything that the page asks for. `npm run types` turns these into types: the answers, the
// variables and the enums below are checked by the compiler.
import { graphql } from "./graphql";

/** The whole page but what is live: one request. */
export const Overview = graphql(`
  query Overview(
    $project: ID!
    $range: RangeInput!
    $filter: EventFilterInput!
    $timezone: TimeZone!
    $metrics: [MetricInput!]!
  ) {
    project(id: $project) {
      name
      totals(
        metrics: $metrics
        range: $range
        filter: $filter
        timezone: $timezone
        compare: { previous: PERIOD }
      ) {
        values { ...Total }
      }
      timeseries(
        metrics: $metrics
        range: $range
        filter: $filter
        timezone: $timezone
        compare: { previous: PERIOD }
      ) {
        ...Trend
      }
      pages: breakdown(
        by: [{ field: PATH }]
        metrics: [{ metric: VISITORS }]
        range: $range
        filter: $filter
        timezone: $timezone
        first: 7
      ) {
        ...Top
      }
      referrers: breakdown(
        by: [{ field: REFERRER_NAME }]
        metrics: [{ metric: VISITORS }]
        range: $range
        filter: $filter
        timezone: $timezone
        first: 7
      ) {
        ...Top
      }
      countries: breakdown(
        by: [{ field: COUNTRY }]
        metrics: [{ metric: VISITORS }]
        range: $range
        filter: $filter
        timezone: $timezone
        first: 7
      ) {
        ...Top
      }
      browsers: breakdown(
        by: [{ field: BROWSER }]
        metrics: [{ metric: VISITORS }]
        range: $range
        filter: $filter
        timezone: $timezone
        first: 7
      ) {
        ...Top
      }
    }
  }

  fragment Total on MetricValue {
    metric
    name
    unit
    value
    change
  }

  fragment Trend on Timeseries {
    interval
    buckets
    series { metric name unit points previousPoints }
    info { timezone }
  }

  fragment Top on BreakdownConnection {
    rows { key labels values share }
    totalCount
  }
`);

/** What happened last, before the page began to listen. */
export const Recent = graphql(`
  query Recent($project: ID!) {
    project(id: $project) {
      events(first: 12) {
        nodes { ...EventLine }
      }
    }
  }

  fragment EventLine on Event {
    id
    name
    createdAt
    path
    country
    browser
    profile { id firstName lastName }
  }
`);

/** How many people are here, now and whenever that changes. */
export const LiveNow = graphql(`
  subscription LiveNow($project: ID!) {
    liveChanged(projectId: $project) { visitors }
  }
`);

/** Every event from now on; the server leaves some out rather than flood the page. */
export const Added = graphql(`
  subscription Added($project: ID!) {
    eventAdded(projectId: $project, maxPerSecond: 5) {
      event { ...EventLine }
    }
  }
`);

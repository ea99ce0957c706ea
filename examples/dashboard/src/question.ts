import type { EventField, EventFilterInput, MetricInput, RangeInput } from "./graphql/graphql";

/** A part of the traffic that the page is narrowed down to. */
export type Narrowing = { field: EventField; value: string | null; label: string };

export const RANGES: readonly { name: string; range: RangeInput }[] = [
  { name: "24 hours", range: { preset: "LAST_24_HOURS" } },
  { name: "7 days", range: { preset: "LAST_7_DAYS" } },
  { name: "14 days", range: { last: { amount: 14, unit: "DAY" } } },
  { name: "30 days", range: { preset: "LAST_30_DAYS" } },
];

export const METRICS: MetricInput[] = [
  { metric: "VISITORS" },
  { metric: "SESSIONS" },
  { metric: "SCREEN_VIEWS", as: "Page views" },
  { metric: "BOUNCE_RATE" },
  { metric: "SESSION_DURATION", as: "Visit duration" },
  { metric: "REVENUE" },
];

/** What every narrowing leaves; a row without a value stands for events that have none. */
export function filterOf(narrowings: readonly Narrowing[]): EventFilterInput {
  return {
    where: narrowings.map(({ field, value }) => ({
      on: { field },
      is: value === null ? { isNull: true } : { eq: value },
    })),
  };
}

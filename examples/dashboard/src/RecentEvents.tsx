import { useQuery, useSubscription } from "urql";

import { project } from "./client";
import { Added, Recent } from "./documents";
import { timeOfDay } from "./format";
import type { AddedSubscription, EventLineFragment } from "./graphql/graphql";

const MOST_LINES = 12;

/** The events that came while one looks, the newest first. */
function gather(earlier: EventLineFragment[] = [], { eventAdded }: AddedSubscription) {
  return [eventAdded.event, ...earlier].slice(0, MOST_LINES);
}

/** The newest events: those that were there, and those that come while one looks. */
export function RecentEvents() {
  const [{ data }] = useQuery({ query: Recent, variables: { project } });
  const [{ data: fresh = [] }] = useSubscription({ query: Added, variables: { project } }, gather);
  const known = new Set(fresh.map(({ id }) => id));
  const earlier = (data?.project?.events?.nodes ?? []).filter(({ id }) => !known.has(id));
  return (
    <section className="card">
      <h2>Latest events</h2>
      <table>
        <tbody>
          {[...fresh, ...earlier].slice(0, MOST_LINES).map((event) => (
            <EventRow key={event.id} event={event} isFresh={known.has(event.id)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

type RowProps = { event: EventLineFragment; isFresh: boolean };

function EventRow({ event, isFresh }: RowProps) {
  const { name, path, profile, country, browser, createdAt } = event;
  const who = [profile?.firstName, profile?.lastName].filter(Boolean).join(" ");
  return (
    <tr className={isFresh ? "fresh" : undefined}>
      <td className="event">{name.replaceAll("_", " ")}</td>
      <td>{path}</td>
      <td>{who || "a visitor"}</td>
      <td>{[country, browser].filter(Boolean).join(" · ")}</td>
      <td className="time">{timeOfDay(createdAt)}</td>
    </tr>
  );
}

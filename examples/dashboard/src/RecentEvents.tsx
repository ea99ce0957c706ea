import { useQuery } from "urql";

import { project } from "./client";
import { Recent } from "./documents";
import { timeOfDay } from "./format";
import type { EventLineFragment } from "./graphql/graphql";

const MOST_LINES = 12;

/** The newest events: those that were there, and those that come while one looks. */
export function RecentEvents() {
  const [{ data }] = useQuery({ query: Recent, variables: { project } });
  const events = data?.project?.events?.nodes ?? [];
  return (
    <section className="card">
      <h2>Latest events</h2>
      <table>
        <tbody>
          {events.slice(0, MOST_LINES).map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function EventRow({ event }: { event: EventLineFragment }) {
  const { name, path, profile, country, browser, createdAt } = event;
  const who = [profile?.firstName, profile?.lastName].filter(Boolean).join(" ");
  return (
    <tr>
      <td className="event">{name.replaceAll("_", " ")}</td>
      <td>{path}</td>
      <td>{who || "a visitor"}</td>
      <td>{[country, browser].filter(Boolean).join(" · ")}</td>
      <td className="time">{timeOfDay(createdAt)}</td>
    </tr>
  );
}

import { count, country, share } from "./format";
import type { EventField, TopFragment } from "./graphql/graphql";
import type { Narrowing } from "./question";

type Props = {
  title: string;
  field: EventField;
  top: TopFragment | null | undefined;
  narrow: (to: Narrowing) => void;
};

/** The values with the most visitors; a click narrows the whole page down to one. */
export function Breakdown({ title, field, top, narrow }: Props) {
  const rows = top?.rows ?? [];
  const most = Math.max(1, ...rows.map((row) => row.values[0] ?? 0));
  const others = (top?.totalCount ?? 0) - rows.length;
  return (
    <section className="card">
      <h2>
        {title} <span>Visitors</span>
      </h2>
      <ol className="bars">
        {rows.map(({ key, labels, values, share: part }) => {
          const visitors = values[0] ?? 0;
          const label = field === "COUNTRY" ? country(labels[0] ?? "") : (labels[0] ?? "");
          return (
            <li key={label}>
              <button
                title={`Narrow down to ${label}`}
                onClick={() => narrow({ field, value: key[0] ?? null, label })}
              >
                <span className="bar" style={{ width: `${(100 * visitors) / most}%` }} />
                <span className="label">{label}</span>
                <span className="part">{share(part)}</span>
                <span className="number">{count(visitors)}</span>
              </button>
            </li>
          );
        })}
      </ol>
      {others > 0 && <p className="others">{count(others)} more</p>}
    </section>
  );
}

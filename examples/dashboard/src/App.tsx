import { useMemo, useState } from "react";
import { useQuery } from "urql";

import { Breakdown } from "./Breakdown";
import { project } from "./client";
import { Overview } from "./documents";
import type { Metric } from "./graphql/graphql";
import { LiveVisitors } from "./LiveVisitors";
import { METRICS, RANGES, filterOf, type Narrowing } from "./question";
import { RecentEvents } from "./RecentEvents";
import { Tiles } from "./Tiles";
import { TrendChart } from "./TrendChart";

const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function App() {
  const [chosen, setChosen] = useState(2);
  const [metric, setMetric] = useState<Metric>("VISITORS");
  const [narrowings, setNarrowings] = useState<readonly Narrowing[]>([]);
  const range = (RANGES[chosen] ?? RANGES[0])!.range;
  const variables = useMemo(
    () => ({ project, range, filter: filterOf(narrowings), timezone, metrics: METRICS }),
    [range, narrowings],
  );
  const [{ data, error, fetching }] = useQuery({ query: Overview, variables });
  const found = data?.project;

  const narrow = (added: Narrowing) =>
    setNarrowings([...narrowings.filter(({ field }) => field !== added.field), added]);

  return (
    <main aria-busy={fetching}>
      <header>
        <div>
          <h1>{found?.name ?? project}</h1>
          <LiveVisitors />
        </div>
        <nav aria-label="Range">
          {RANGES.map(({ name }, place) => (
            <button key={name} aria-pressed={place === chosen} onClick={() => setChosen(place)}>
              {name}
            </button>
          ))}
        </nav>
      </header>

      {narrowings.length > 0 && (
        <p className="chips">
          {narrowings.map((one) => (
            <button
              key={one.field}
              aria-label={`Stop narrowing down to ${one.label}`}
              onClick={() => setNarrowings(narrowings.filter((other) => other !== one))}
            >
              {one.label} <span aria-hidden>×</span>
            </button>
          ))}
        </p>
      )}

      {error && <p role="alert">{error.message}</p>}

      <section className="card trend">
        <Tiles
          totals={found?.totals?.values ?? []}
          trend={found?.timeseries}
          chosen={metric}
          choose={setMetric}
        />
        <TrendChart trend={found?.timeseries} metric={metric} />
      </section>

      <section className="breakdowns">
        <Breakdown title="Pages" field="PATH" top={found?.pages} narrow={narrow} />
        <Breakdown title="Referrers" field="REFERRER_NAME" top={found?.referrers} narrow={narrow} />
        <Breakdown title="Countries" field="COUNTRY" top={found?.countries} narrow={narrow} />
        <Breakdown title="Browsers" field="BROWSER" top={found?.browsers} narrow={narrow} />
      </section>

      <RecentEvents />
    </main>
  );
}

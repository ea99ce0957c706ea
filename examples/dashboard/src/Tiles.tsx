import { Line, LineChart, YAxis } from "recharts";

import { amount, change } from "./format";
import type { Metric, TotalFragment, TrendFragment } from "./graphql/graphql";

/** Metrics of which less is better. */
const COSTS: ReadonlySet<Metric> = new Set(["BOUNCE_RATE"]);

type Props = {
  totals: readonly TotalFragment[];
  trend: TrendFragment | null | undefined;
  chosen: Metric;
  choose: (metric: Metric) => void;
};

/** The metrics at a glance; the chosen one is what the chart below is of. */
export function Tiles({ totals, trend, chosen, choose }: Props) {
  return (
    <div className="tiles" role="group" aria-label="Metrics">
      {totals.map((total, place) => (
        <button
          key={total.metric}
          aria-pressed={total.metric === chosen}
          onClick={() => choose(total.metric)}
        >
          <span className="name">{total.name}</span>
          <span className="value">{amount(total.value, total.unit)}</span>
          <Growth total={total} />
          <Sparkline points={trend?.series[place]?.points ?? []} />
        </button>
      ))}
    </div>
  );
}

function Growth({ total }: { total: TotalFragment }) {
  if (total.change === null || total.change === undefined) {
    return <span className="growth">no earlier data</span>;
  }
  const isGood = COSTS.has(total.metric) ? total.change <= 0 : total.change >= 0;
  return (
    <span className={`growth ${isGood ? "good" : "bad"}`} title="against the period before">
      {change(total.change)}
    </span>
  );
}

function Sparkline({ points }: { points: readonly (number | null | undefined)[] }) {
  const rows = points.map((value) => ({ value }));
  return (
    <span className="sparkline" aria-hidden>
      <LineChart width={72} height={26} data={rows} margin={{ top: 3, bottom: 3, left: 1, right: 1 }}>
        <YAxis hide domain={["dataMin", "dataMax"]} />
        <Line
          dataKey="value"
          stroke="var(--accent)"
          strokeWidth={1.5}
          dot={false}
          isAnimationActive={false}
        />
      </LineChart>
    </span>
  );
}

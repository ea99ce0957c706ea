import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { amount, bucket } from "./format";
import type { Metric, TrendFragment, Unit } from "./graphql/graphql";

type Props = { trend: TrendFragment | null | undefined; metric: Metric };
const TICK = { fill: "var(--soft)", fontSize: 11.5 };

type Row = { at: string; now: number | null; before: number | null };

/** One metric over time, in front of the same of the period before. */
export function TrendChart({ trend, metric }: Props) {
  const series = trend?.series.find((one) => one.metric === metric);
  if (!trend || !series) return <div className="chart" />;
  const { unit, name } = series;
  const rows = trend.buckets.map((at, place) => ({
    at: bucket(at, trend.interval, trend.info.timezone),
    now: series.points[place] ?? null,
    before: series.previousPoints?.[place] ?? null,
  }));
  return (
    <div className="chart" role="img" aria-label={`${name} over time`}>
      <ResponsiveContainer>
        <ComposedChart data={rows} margin={{ top: 12, right: 4, bottom: 0, left: 0 }}>
          <defs>
            <linearGradient id="fade" x1="0" x2="0" y1="0" y2="1">
              <stop offset="0" stopColor="var(--accent)" stopOpacity={0.22} />
              <stop offset="1" stopColor="var(--accent)" stopOpacity={0.01} />
            </linearGradient>
          </defs>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="at"
            tick={TICK}
            tickLine={false}
            axisLine={false}
            minTickGap={48}
            tickMargin={8}
          />
          <YAxis
            width={56}
            tick={TICK}
            tickLine={false}
            axisLine={false}
            tickCount={5}
            tickFormatter={(value: number) => amount(value, unit)}
          />
          <Tooltip content={<Reading unit={unit} />} cursor={{ stroke: "var(--muted)" }} />
          <Line
            dataKey="before"
            stroke="var(--muted)"
            strokeDasharray="4 4"
            dot={false}
            isAnimationActive={false}
          />
          <Area
            dataKey="now"
            stroke="var(--accent)"
            strokeWidth={2}
            fill="url(#fade)"
            activeDot={{ r: 4 }}
            isAnimationActive={false}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

type ReadingProps = { unit: Unit; active?: boolean; payload?: readonly { payload: Row }[] };

/** What the chart says under the pointer. */
function Reading({ unit, active, payload }: ReadingProps) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  return (
    <div className="reading">
      <span>{row.at}</span>
      <strong>{amount(row.now, unit)}</strong>
      <span>before: {amount(row.before, unit)}</span>
    </div>
  );
}

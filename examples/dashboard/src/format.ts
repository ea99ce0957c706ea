import type { Interval, Unit } from "./graphql/graphql";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
const growth = new Intl.NumberFormat("en", {
  style: "percent",
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});

export const share = (part: number | null | undefined) => percent.format(part ?? 0);
export const change = (part: number) => growth.format(part);
export const count = (number: number) => whole.format(number);

const countries = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** A country's name; what is no code of one stays as it is. */
export const country = (code: string) => (/^[A-Z]{2}$/.test(code) ? countries.of(code) : code) ?? code;

/** A number of a metric as people write it; an em dash where there is none. */
export function amount(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return "—";
  switch (unit) {
    case "COUNT":
      return value < 100_000 ? whole.format(value) : short.format(value);
    case "PERCENT":
      return `${value.toFixed(1)}%`;
    case "SECONDS":
      return duration(Math.round(value));
    case "CURRENCY":
      return short.format(value / 100);
    case "NUMBER":
      return short.format(value);
  }
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes}m ${`${seconds % 60}`.padStart(2, "0")}s` : `${seconds}s`;
}

/** A bucket's name under the chart, in the zone that it was cut in. */
export function bucket(start: string, interval: Interval, timeZone: string): string {
  const parts: Intl.DateTimeFormatOptions =
    interval === "HOUR" || interval === "MINUTE"
      ? { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : interval === "MONTH" || interval === "QUARTER" || interval === "YEAR"
        ? { month: "short", year: "numeric" }
        : { month: "short", day: "numeric" };
  return new Intl.DateTimeFormat("en", { ...parts, timeZone }).format(new Date(start));
}

export const timeOfDay = (instant: string) =>
  new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" }).format(
    new Date(instant),
  );

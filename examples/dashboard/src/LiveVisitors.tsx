import { useSubscription } from "urql";

import { project } from "./client";
import { LiveNow } from "./documents";
import { count } from "./format";

/** How many people are here, kept up to date by the server. */
export function LiveVisitors() {
  const [{ data }] = useSubscription({ query: LiveNow, variables: { project } });
  return (
    <p className="live" role="status">
      <span className="dot" aria-hidden />
      {data ? `${count(data.liveChanged.visitors)} here now` : "listening"}
    </p>
  );
}

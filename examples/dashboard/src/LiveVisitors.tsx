import { useQuery } from "urql";

import { project } from "./client";
import { LiveNow } from "./documents";
import { count } from "./format";

/** How many people are here, kept up to date by the server. */
export function LiveVisitors() {
  const [{ data }] = useQuery({ query: LiveNow, variables: { project } });
  const visitors = data?.project?.live?.visitors;
  return (
    <p className="live" role="status">
      <span className="dot" aria-hidden />
      {visitors === undefined ? "listening" : `${count(visitors)} here now`}
    </p>
  );
}

/**
 * The example tabs.
 *
 * All examples stand in one GraphQL document, so that a test can validate it as a whole against
 * the schema; a line of dashes in a comment begins the next tab.
 */
import document from "./examples.graphql";

const TAB_BREAK = /^# -{8,}\n/m;

/** Text of each example tab, in order. */
export const examples: readonly string[] = document
  .split(TAB_BREAK)
  .map((text) => text.trim())
  .filter((text) => text !== "");

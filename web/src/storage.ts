/**
 * Browser storage for tabs, history and the theme.
 *
 * Keys carry a prefix of our own: many GraphQL servers of a developer share the origin
 * 127.0.0.1:8000, and GraphiQL would otherwise open the tabs of another one.
 *
 * Trap: GraphiQL's history keeps each request's headers even when headers are not to be
 * persisted. They hold credentials, so they are left out here.
 */

const PREFIX = "rosetta:";
const HISTORY_KEY = /:(queries|favorites)$/;

function ownKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function withoutHeaders(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) =>
    key === "headers" ? undefined : value,
  );
}

export const storage = {
  get length(): number {
    return ownKeys().length;
  },
  getItem(key: string): string | null {
    return localStorage.getItem(PREFIX + key);
  },
  setItem(key: string, value: string): void {
    localStorage.setItem(PREFIX + key, HISTORY_KEY.test(key) ? withoutHeaders(value) : value);
  },
  removeItem(key: string): void {
    localStorage.removeItem(PREFIX + key);
  },
  clear(): void {
    for (const key of ownKeys()) {
      localStorage.removeItem(key);
    }
  },
};

/** Whether this browser has tabs of an earlier visit. */
export function hasStoredTabs(): boolean {
  return storage.getItem("graphiql:tabState") !== null;
}

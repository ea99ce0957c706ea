/** What the server says about itself in the page. */
export interface Config {
  /** Path of the GraphQL endpoint. */
  readonly endpoint: string;
  /** Project that the examples ask about; null when the server has no obvious one. */
  readonly projectId: string | null;
  /** Credentials to begin with; null unless a local demo offers its own. */
  readonly headers: Readonly<Record<string, string>> | null;
}

/** The configuration from the page's data block; throws when the page has none. */
export function readConfig(): Config {
  const block = document.getElementById("rosetta-config");
  if (!block?.textContent) {
    throw new Error("The page carries no configuration.");
  }
  return JSON.parse(block.textContent) as Config;
}

/** The text that the header editor starts with. */
export function startingHeaders({ headers }: Config): string {
  const shown = headers ?? { "openpanel-client-id": "", "openpanel-client-secret": "" };
  return JSON.stringify(shown, null, 2);
}

import "./workers";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { type DefinitionNode, Kind, parse } from "graphql";
import { createRoot } from "react-dom/client";

import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { type Config, readConfig, startingHeaders } from "./config";
import { examples } from "./examples";
import { hasStoredTabs, storage } from "./storage";

/**
 * The request without the name of an operation that its document does not have.
 *
 * GraphiQL reads the names of a tab's operations a moment after the tab is chosen; until then it
 * asks for the operation of the tab before.
 */
function withoutStaleName(params: FetcherParams): FetcherParams {
  const { operationName, ...unnamed } = params;
  const isNamed = (definition: DefinitionNode) =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === operationName;
  try {
    return parse(params.query).definitions.some(isNamed) ? params : unnamed;
  } catch {
    return unnamed; // The server tells what is wrong with the document.
  }
}

/**
 * A fetcher that sends the configured headers while the header editor is empty.
 *
 * GraphiQL asks for the schema before its header editor exists, and clears that editor when an
 * entry of the history is opened; both would otherwise go out without credentials. Headers whose
 * value is still blank are not sent: no credentials are better than wrong ones.
 */
function createFetcher({ endpoint, headers: configured }: Config): Fetcher {
  const send = createGraphiQLFetcher({ url: endpoint });
  return (params, options) => {
    const asked = Object.entries(options?.headers ?? configured ?? {});
    const headers = Object.fromEntries(asked.filter(([, value]) => value !== ""));
    return send(withoutStaleName(params), { ...options, headers });
  };
}

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

function Page({ config }: { readonly config: Config }) {
  const headers = startingHeaders(config);
  const variables = JSON.stringify({ projectId: config.projectId ?? "my-project" }, null, 2);
  return (
    <GraphiQL
      fetcher={createFetcher(config)}
      storage={storage}
      plugins={plugins}
      defaultHeaders={headers}
      defaultTabs={examples.map((query) => ({ query, variables, headers }))}
      // Trap: the first tab's variables are taken from here alone, and on a later visit this
      // would open one more tab instead of the stored ones.
      {...(hasStoredTabs() ? {} : { initialVariables: variables })}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span className="rosetta-logo">Rosetta</span>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

const root = document.getElementById("root");
if (!root) {
  throw new Error("The page has no root element.");
}
createRoot(root).render(<Page config={readConfig()} />);

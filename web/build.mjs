// Bundles GraphiQL, its editor workers and the documentation page into the folder named on the command line,
// and puts OpenPanel's scripts for pages beside them.
//
// Every file gets its content hash in its name, so that the server may tell browsers to keep it
// for ever, and a .br and .gz twin, so that it never compresses while it serves. manifest.json
// names the entry files for the page that the server writes.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = process.argv[2] ?? join(root, "dist");
const assets = join(dist, "assets");
const scripts = join(dist, "scripts");

// What the snippet of OpenPanel's clients loads, by the names that it asks for.
const tracker = join(root, "node_modules", "@openpanel", "web");
const trackerFiles = {
  "op1.js": join(tracker, "dist", "src", "tracker.global.js"),
  "op1-replay.js": join(tracker, "dist", "src", "replay.global.js"),
  "op1.LICENSE.txt": join(tracker, "LICENSE"),
};

const shared = {
  absWorkingDir: root,
  assetNames: "[name]-[hash]",
  bundle: true,
  entryNames: "[name]-[hash]",
  legalComments: "linked",
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: assets,
  target: "es2022",
};

/** The hashed file name of each entry point of a finished build, by the entry's output name. */
function entryFiles({ metafile }, extension) {
  return Object.fromEntries(
    Object.entries(metafile.outputs)
      .filter(([file, output]) => output.entryPoint && file.endsWith(extension))
      .map(([file]) => [basename(file).replace(/-[A-Z0-9]{8}\.\w+$/, ""), basename(file)]),
  );
}

async function buildWorkers() {
  const result = await build({
    ...shared,
    entryPoints: {
      "editor-worker": "monaco-editor/esm/vs/editor/editor.worker.js",
      "json-worker": "monaco-editor/esm/vs/language/json/json.worker.js",
      "graphql-worker": "monaco-graphql/esm/graphql.worker.js",
    },
    format: "iife",
  });
  return entryFiles(result, ".js");
}

// GraphiQL's style sheet already holds the editor's, fonts and all; what the editor's own modules
// import on top would double it.
const editorStylesOnce = {
  name: "editor-styles-once",
  setup({ onLoad }) {
    onLoad({ filter: /monaco-editor[\\/]esm[\\/].*\.css$/ }, () => ({
      contents: "",
      loader: "empty",
    }));
  },
};

// Trap: GraphiQL names the CommonJS forms of these, and a module that is loaded on demand gets
// only a default export from those: its "prettify" button would find no parser.
const formatterModules = {
  "prettier/parser-babel": "prettier/plugins/babel",
  "prettier/parser-graphql": "prettier/plugins/graphql",
};

/** Whether a file is the style sheet of the entry point. */
function isStyleOf(name) {
  return (file) => file.startsWith(`${name}-`) && file.endsWith(".css");
}

async function buildPage(workers) {
  const result = await build({
    ...shared,
    alias: formatterModules,
    chunkNames: "[name]-[hash]",
    define: { "process.env.NODE_ENV": '"production"', WORKER_FILES: JSON.stringify(workers) },
    entryPoints: { graphiql: "src/page.tsx", docs: "src/docs.ts", icon: "src/icon.svg" },
    format: "esm",
    jsx: "automatic",
    loader: { ".graphql": "text", ".svg": "copy" },
    plugins: [editorStylesOnce],
    splitting: true,
  });
  const outputs = Object.entries(result.metafile.outputs);
  const scripts = entryFiles(result, ".js");
  const { icon } = entryFiles(result, ".svg");
  const styleOf = (name) => outputs.map(([file]) => basename(file)).find(isStyleOf(name));
  const page = (name) => ({ script: scripts[name], style: styleOf(name), icon });
  return { ...page("graphiql"), docs: page("docs") };
}

async function compress(folder, name) {
  const content = await readFile(join(folder, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 };
  const [small, smaller] = await Promise.all([
    promisify(gzip)(content, { level: 9 }),
    promisify(brotliCompress)(content, { params }),
  ]);
  await Promise.all([
    writeFile(join(folder, `${name}.gz`), small),
    writeFile(join(folder, `${name}.br`), smaller),
  ]);
  return { raw: content.length, gzip: small.length, brotli: smaller.length };
}

await Promise.all([assets, scripts].map((folder) => mkdir(folder, { recursive: true })));
await Promise.all(
  Object.entries(trackerFiles).map(([name, source]) => copyFile(source, join(scripts, name))),
);
const manifest = await buildPage(await buildWorkers());
const served = (await readdir(assets)).filter((name) => /\.(js|css|svg)$/.test(name));
const sizes = await Promise.all([
  ...served.map((name) => compress(assets, name)),
  ...Object.keys(trackerFiles).map((name) => compress(scripts, name)),
]);
await writeFile(join(dist, "manifest.json"), `${JSON.stringify(manifest)}\n`);

const [raw, zipped, brotli] = ["raw", "gzip", "brotli"].map((kind) =>
  (sizes.reduce((sum, size) => sum + size[kind], 0) / 1e6).toFixed(2),
);
console.log(`${sizes.length} files, ${raw} MB (gzip ${zipped}, brotli ${brotli})`);

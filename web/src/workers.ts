/**
 * Tells the editor where its workers are.
 *
 * Import this before anything that creates an editor. The workers lie beside this file's bundle,
 * so the page works under any path.
 */

function workerFile(label: string): string {
  switch (label) {
    case "json":
      return WORKER_FILES["json-worker"];
    case "graphql":
      return WORKER_FILES["graphql-worker"];
    default:
      return WORKER_FILES["editor-worker"];
  }
}

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_id: string, label: string): Worker =>
      new Worker(new URL(`./${workerFile(label)}`, import.meta.url)),
  },
});

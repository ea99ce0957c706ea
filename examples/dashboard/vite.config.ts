import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, ".", ["ROSETTA_", "OPENPANEL_"]);
  // The credentials are added here, on their way through: the browser never sees them.
  const proxy = {
    "/graphql": {
      target: env["ROSETTA_URL"] ?? "http://127.0.0.1:8000",
      headers: {
        "openpanel-client-id": env["OPENPANEL_CLIENT_ID"] ?? "",
        "openpanel-client-secret": env["OPENPANEL_CLIENT_SECRET"] ?? "",
      },
    },
  };
  return {
    plugins: [react()],
    define: { PROJECT: JSON.stringify(env["ROSETTA_PROJECT"] ?? "demo") },
    build: { chunkSizeWarningLimit: 1000 },
    server: { proxy },
    preview: { proxy },
  };
});

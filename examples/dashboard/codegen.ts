import type { CodegenConfig } from "@graphql-codegen/cli";

// A project of your own names the server here: schema: "http://127.0.0.1:8000/graphql".
const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: "src/**/*.{ts,tsx}",
  generates: {
    "src/graphql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: {
          Date: "string",
          DateTime: "string",
          JSON: "unknown",
          Long: "number",
          TimeZone: "string",
        },
      },
    },
  },
};

export default config;

import { defineConfig } from "vite";

const SERVICES = ["account", "accounts", "backoffice", "invoices", "media", "missions", "partner"];
const PLATFORM = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/app/",
  build: {
    target: "es2022",
    // Names without a hash: the server asks browsers to look again, and a change is easy to read.
    rollupOptions: { output: { entryFileNames: "app.js", assetFileNames: "app[extname]" } },
    modulePreload: false,
    reportCompressedSize: false,
  },
  // `npm run dev` has the APIs of `make up` at its own origin.
  server: { proxy: Object.fromEntries(SERVICES.map((name) => [`/${name}/`, PLATFORM])) },
});

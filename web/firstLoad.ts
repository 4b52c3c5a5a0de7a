import type { Plugin } from "vite";

const START = "/src/start.ts";
const MAIN = "/src/main.tsx";
const TEXTS = /\/(?:messages|texts)\/(en|es|fr)\.ts$/;
/** What every language's texts need. */
const OF_ALL_TEXTS = "/texts/merged.ts";

type GetModule = (id: string) => { importedIds: readonly string[] } | null;

/** The modules that run with this one at once: what it imports, and what that imports. */
function importedBy(root: string, getModule: GetModule): Set<string> {
  const found = new Set<string>();
  const waiting = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(getModule(id)?.importedIds ?? []));
  }
  return found;
}

/**
 * Builds an app so that its first screen comes soon on a slow network:
 *
 * - `src/start.ts`, which asks for the session and the first data, is a script of its own: it is the first, and runs as soon
 *   as it is there, while the rest is still on its way.
 * - Everything else of the first load is one script more, and the texts of each language one; otherwise each module that
 *   several screens share would be a file of its own.
 * - The style sheet comes after the brand's mark, which therefore need not wait for it.
 */
export function firstLoad(): Plugin {
  let start = new Set<string>();
  let main = new Set<string>();
  return {
    name: "first-load",
    apply: "build",
    config: () => ({
      build: {
        // A screen whose code is one file is loaded at once anyway.
        modulePreload: { resolveDependencies: (filename, files) => files.filter((file) => file !== filename || files.length > 1) },
        rolldownOptions: {
          output: {
            codeSplitting: {
              // In this order: a group takes what its modules import along.
              groups: [
                { debugName: "start", name: (id) => (start.has(id) || id.endsWith(OF_ALL_TEXTS) || id.includes("rolldown/runtime") ? "start" : null), priority: 3 },
                { debugName: "texts", name: (id) => TEXTS.exec(id)?.[1] ?? null, priority: 2 },
                { debugName: "main", name: (id) => (main.has(id) ? "main" : null), priority: 1 },
              ],
            },
          },
        },
      },
    }),
    buildEnd() {
      const from = (end: string) => {
        const root = [...this.getModuleIds()].find((id) => id.endsWith(end));
        if (!root) throw new Error(`the app has no ${end}`);
        return importedBy(root, (id) => this.getModuleInfo(id));
      };
      start = from(START);
      main = from(MAIN);
    },
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const start = Object.values(bundle ?? {}).find((file) => file.type === "chunk" && file.name === "start");
        if (!start) throw new Error("there is no chunk of src/start.ts");
        const links = html.match(/\n *<link rel="(?:stylesheet|modulepreload)"[^>]*>/g) ?? [];
        const [styles, preloads] = [links.filter((link) => link.includes("stylesheet")), links.filter((link) => !link.includes("stylesheet"))];
        const mine = preloads.find((link) => link.includes(start.fileName));
        const address = /href="([^"]*)"/.exec(mine ?? "")?.[1];
        if (!address || styles.length !== 1) throw new Error("index.html is not as expected");
        const rest = links.reduce((page, link) => page.replace(link, ""), html);
        return rest
          .replace(/\n *<script type="module"/, `\n    <script type="module" async crossorigin src="${address}"></script>$&`)
          .replace("</head>", `${preloads.filter((link) => link !== mine).join("")}\n  </head>`)
          .replace("</body>", `${styles[0]?.trim() ?? ""}\n  </body>`);
      },
    },
  };
}

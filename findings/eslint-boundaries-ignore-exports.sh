#!/usr/bin/env bash
# eslint 9.39.5, eslint-plugin-boundaries 5.4.0, eslint-import-resolver-node 0.3.9, eslint-import-resolver-typescript
#   4.4.5 (Node)
#
# Input: a rule that forbids the package `client` to import the package `ui`. Both are in one repository and linked as
#   npm links workspaces. `ui` lists its modules in the `exports` of its package.json.
# Expected: the import of `@example/ui/button` is an error, because Node, bundlers and TypeScript resolve it.
# Seen: with the resolver that is the plugin's default (eslint-import-resolver-node) the rule reports nothing, without a
#   warning. The resolver does not read `exports`, and the plugin treats an import that cannot be resolved as an
#   external package. The same import by a relative path is reported. With eslint-import-resolver-typescript both are.
# What follows: when packages get `exports`, change the resolver in the same commit. Violate each boundary once by
#   hand to see that the rule still reports it.
. "$(dirname "$0")/support/common.sh"
node_with eslint@9.39.5 eslint-plugin-boundaries@5.4.0 eslint-import-resolver-node@0.3.9 eslint-import-resolver-typescript@4.4.5

mkdir -p packages/client/src packages/ui/src node_modules/@example
ln -s ../../packages/ui node_modules/@example/ui
cat > packages/ui/package.json <<'JSON'
{ "name": "@example/ui", "version": "1.0.0", "type": "module", "exports": { "./button": "./src/button.js" } }
JSON
printf 'export const button = 1;\n' > packages/ui/src/button.js
printf 'import { button } from "@example/ui/button";\nconsole.log(button);\n' > packages/client/src/exported.js
printf 'import { button } from "../../ui/src/button.js";\nconsole.log(button);\n' > packages/client/src/relative.js

cat > lint.mjs <<'JS'
import { ESLint } from "eslint";
import boundaries from "eslint-plugin-boundaries";

const { button } = await import("@example/ui/button");
console.log(`Node: ${button === 1 ? "resolves the export" : "does not resolve the export"}`);
for (const resolver of ["node", "typescript"]) {
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: {
      plugins: { boundaries },
      settings: {
        "import/resolver": { [resolver]: {} },
        "boundaries/elements": [{ type: "package", pattern: "packages/*/src", mode: "folder", capture: ["name"] }],
      },
      rules: { "boundaries/element-types": ["error", { default: "disallow", rules: [] }] },
    },
  });
  for (const name of ["exported", "relative"]) {
    const [{ messages }] = await eslint.lintFiles([`packages/client/src/${name}.js`]);
    console.log(`${resolver} resolver, ${name}: ${messages.map(({ ruleId }) => ruleId).join() || "nothing"}`);
  }
}
JS
seen=$(node lint.mjs 2>&1)

unchanged "$seen" <<'END'
Node: resolves the export
node resolver, exported: nothing
node resolver, relative: boundaries/element-types
typescript resolver, exported: boundaries/element-types
typescript resolver, relative: boundaries/element-types
END

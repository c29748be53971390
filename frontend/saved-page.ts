/** A Vite plugin: the program of saved pages as a module of strings, so that the page can write it into a file. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build, type Plugin } from "vite";

const NAME = "virtual:saved-page";
const FOLDER = new URL("src/share/viewer/", import.meta.url);
const place = (file: string): string => fileURLToPath(new URL(file, FOLDER));

const hash = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

export function savedPage(): Plugin {
  return {
    name: "saved-page",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    async load(id) {
      if (id !== `\0${NAME}`) return null;
      this.addWatchFile(place("main.ts"));
      this.addWatchFile(place("viewer.css"));
      const script = escaped(await bundled(place("main.ts")));
      const style = await readFile(place("viewer.css"), "utf8");
      const parts = { script, scriptHash: hash(script), style, styleHash: hash(style) };
      return Object.entries(parts)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
        .join("\n");
    },
  };
}

async function bundled(entry: string): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: "es2022",
      rolldownOptions: { input: entry, output: { format: "iife" } },
    },
  });
  const output = (Array.isArray(made) ? made : [made]).flatMap((one) => ("output" in one ? one.output : []));
  const [chunk] = output.filter((one) => one.type === "chunk");
  if (!chunk || output.length !== 1) throw new Error(`${entry} became ${output.length} files; it must become one.`);
  return chunk.code.trim();
}

/** What would end the script element, or change how it is read. */
function escaped(code: string): string {
  return code.replace(/<(?=\/script|script|!--)/gi, "\\x3c");
}

/** The numbers of what is shown, for NumPy: every map as the server has it, and all that is known of it. */

import type { ResultInfo } from "../api/types";
import { zip, type ZipEntry } from "./zip";

export interface NumbersCell {
  readonly sample: number;
  readonly label: string | null;
  readonly info: ResultInfo;
  /** The `.npy` files by feature. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface Origin {
  readonly attriscope: string;
  readonly explorer: string;
  readonly fingerprint: string;
  readonly device: string;
  /** The page's address. */
  readonly link: string;
}

/**
 * `np.load(file)["sample3_0_image"]` is a map, `json.loads(np.load(file)["metadata.json"])` says what it is:
 * `maps` has an entry by each array's name.
 */
export function archive(cells: readonly NumbersCell[], origin: Origin): Blob {
  const entries: ZipEntry[] = [];
  const maps: Record<string, unknown> = {};
  const counts = new Map<number, number>();
  for (const { sample, label, info, files } of cells) {
    const place = counts.get(sample) ?? 0;
    counts.set(sample, place + 1);
    for (const [feature, data] of Object.entries(files)) {
      const name = unused(maps, `sample${sample}_${place}_${identifier(feature)}`);
      entries.push({ name: `${name}.npy`, data });
      maps[name] = { sample, label, feature, result: info };
    }
  }
  const metadata = JSON.stringify({ ...origin, maps }, null, 2);
  return zip([...entries, { name: "metadata.json", data: new TextEncoder().encode(metadata) }]);
}

/** Characters that mean something in a path are replaced. */
function identifier(feature: string): string {
  return feature.replace(/[^\p{L}\p{N}_-]/gu, "_");
}

/** Two features may differ in replaced characters alone. */
function unused(maps: Readonly<Record<string, unknown>>, name: string): string {
  return name in maps ? unused(maps, `${name}_`) : name;
}

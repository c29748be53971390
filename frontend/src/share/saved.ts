/** What a saved page holds, as JSON: maps as float32 and images as their files, both in base64. */

import { decodePicture } from "../heatmap";
import type { Display, PanelId, SignChoice, TileSize } from "../state/page";
import type { ScaleId } from "../heatmap";
import type { ShownCell, ShownGrid, ShownImage, ShownInput, ShownTable, ShownText } from "./shown";

/** Every word of the saved page, in the language of the page that saved it. */
export interface SavedWords {
  readonly language: string;
  readonly foot: string;
  readonly controls: string;
  readonly panels: string;
  readonly panelNames: Readonly<Record<PanelId, string>>;
  /** The panel of words and lines. */
  readonly attribution: string;
  readonly contributions: string;
  readonly sign: string;
  readonly signs: Readonly<Record<SignChoice, string>>;
  readonly scale: string;
  readonly scales: Readonly<Record<ScaleId, string>>;
  readonly opacity: string;
  readonly outlier: string;
  readonly shared: string;
  readonly size: string;
  readonly sizes: Readonly<Record<TileSize, string>>;
}

export interface SavedPage {
  readonly title: string;
  readonly subtitle: string;
  readonly words: SavedWords;
  readonly display: Display;
  readonly rows: readonly SavedRow[];
}

interface SavedRow {
  readonly sample: number;
  readonly number: string;
  readonly label: string | null;
  readonly inputs: readonly SavedInput[];
  readonly cells: readonly (Omit<ShownCell, "maps"> & {
    readonly maps: readonly { feature: string; interpolation: "nearest" | "bilinear"; map: SavedMap }[];
  })[];
}

type SavedInput = { kind: "image"; feature: string; outline: string | null; file: string } | ShownText | ShownTable;

interface SavedMap {
  readonly width: number;
  readonly height: number;
  readonly values: string;
}

export function toSaved({ title, subtitle, rows, display }: ShownGrid, words: SavedWords): SavedPage {
  return {
    title,
    subtitle,
    words,
    display,
    rows: rows.map(({ inputs, cells, ...row }) => ({
      ...row,
      inputs: inputs.map((input) => (input.kind === "image" ? savedImage(input) : input)),
      cells: cells.map((cell) => ({
        ...cell,
        maps: cell.maps.map(({ feature, interpolation, map: { width, height, values } }) => ({
          feature,
          interpolation,
          map: { width, height, values: toBase64(littleEndian(values)) },
        })),
      })),
    })),
  };
}

export async function fromSaved({ title, subtitle, rows, display }: SavedPage): Promise<ShownGrid> {
  const load = async (input: SavedInput): Promise<ShownInput> => {
    if (input.kind !== "image") return input;
    const file = fromBase64(input.file);
    return { ...input, file, picture: await decodePicture(new Blob([file])) };
  };
  return {
    title,
    subtitle,
    display,
    rows: await Promise.all(
      rows.map(async ({ inputs, cells, ...row }) => ({
        ...row,
        inputs: await Promise.all(inputs.map(load)),
        cells: cells.map((cell) => ({
          ...cell,
          maps: cell.maps.map(({ map, ...rest }) => ({
            ...rest,
            map: { ...map, values: fromLittleEndian(fromBase64(map.values)) },
          })),
        })),
      })),
    ),
  };
}

function savedImage({ kind, feature, outline, file }: ShownImage): SavedInput {
  return { kind, feature, outline, file: toBase64(file) };
}

/** JSON that may stand inside a script element: nothing in it can end the element or open a comment. */
export function embeddable(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function littleEndian(values: Float32Array): Uint8Array {
  const out = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => out.setFloat32(4 * i, value, true));
  return new Uint8Array(out.buffer);
}

function fromLittleEndian(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** As many bytes as a call may have arguments. */
const STEP = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += STEP) text += String.fromCharCode(...bytes.subarray(i, i + STEP));
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  return Uint8Array.from({ length: binary.length }, (_, i) => binary.charCodeAt(i));
}

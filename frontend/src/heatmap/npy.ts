/** Reads NumPy's `.npy` format: the few types the server sends, C order, any shape. */

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Uint8Array;
}

export class NpyError extends Error {
  override readonly name = "NpyError";
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const READERS: Record<string, { bytes: number; read: (buffer: ArrayBuffer) => NpyArray["data"] }> = {
  "<f4": { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  "<f8": { bytes: 8, read: (buffer) => new Float64Array(buffer) },
  "|u1": { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  "|b1": { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
};

export function parseNpy(buffer: ArrayBuffer): NpyArray {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 10 || MAGIC.some((value, i) => bytes[i] !== value)) throw new NpyError("This is not a .npy file.");
  const view = new DataView(buffer);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw new NpyError(`.npy version ${version} is unknown; it must be 1 to 3.`);
  const headerStart = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + headerLength;
  if (dataStart > bytes.length) throw new NpyError("The .npy header is cut short.");

  const header = new TextDecoder("utf-8").decode(bytes.subarray(headerStart, dataStart));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || dimensions === undefined)
    throw new NpyError("The .npy header cannot be read.");
  if (fortran === "True") throw new NpyError("The .npy array is in Fortran order; C order is expected.");
  const reader = READERS[descr];
  if (!reader) throw new NpyError(`The .npy type ${descr} is not one of ${Object.keys(READERS).join(", ")}.`);

  const shape = dimensions
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const wanted = shape.reduce((product, n) => product * n, 1) * reader.bytes;
  const found = bytes.length - dataStart;
  if (found !== wanted) throw new NpyError(`The .npy array has ${found} bytes; its header promises ${wanted}.`);
  // Sliced, because a typed array cannot start at an unaligned offset.
  return { shape, data: reader.read(buffer.slice(dataStart)) };
}

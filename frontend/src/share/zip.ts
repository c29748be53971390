/** Zip archives without compression: what NumPy calls `.npz` where the files are `.npy`. */

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Names are UTF-8. */
const UTF8 = 0x0800;
/** 1 January 1980, the earliest date there is: the same content makes the same bytes. */
const DATE = 0x0021;
const MOST_BYTES = 0xffffffff;
const MOST_ENTRIES = 0xffff;

export function zip(entries: readonly ZipEntry[]): Blob {
  const names = entries.map(({ name }) => new TextEncoder().encode(name));
  const total = entries.reduce((sum, { data }, i) => sum + data.length + 2 * (names[i]?.length ?? 0) + 30 + 46, 22);
  if (total > MOST_BYTES || entries.length > MOST_ENTRIES)
    throw new RangeError(`The archive would have ${total} bytes and ${entries.length} files; that is too much.`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  entries.forEach(({ data }, i) => {
    const name = new Uint8Array(names[i] ?? []);
    const crc = crc32(data);
    const common = [2, VERSION, 2, UTF8, 2, 0, 2, 0, 2, DATE, 4, crc, 4, data.length, 4, data.length, 2, name.length];
    const local = record(4, LOCAL, ...common, 2, 0);
    directory.push(record(4, CENTRAL, 2, VERSION, ...common, 2, 0, 2, 0, 2, 0, 2, 0, 4, 0, 4, offset), name);
    parts.push(local, name, new Uint8Array(data));
    offset += local.length + name.length + data.length;
  });
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = entries.length;
  return new Blob([...parts, ...directory, record(4, END, 2, 0, 2, 0, 2, count, 2, count, 4, size, 4, offset, 2, 0)]);
}

/** Little-endian numbers, each after its size in bytes: 2 or 4. */
function record(...sized: number[]): Uint8Array<ArrayBuffer> {
  const pairs = Array.from({ length: sized.length / 2 }, (_, i) => [sized[2 * i] ?? 0, sized[2 * i + 1] ?? 0] as const);
  const out = new DataView(new ArrayBuffer(pairs.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of pairs) {
    if (bytes === 2) out.setUint16(at, value, true);
    else out.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(out.buffer);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 as reference } from "node:zlib";

import { describe, expect, it } from "vitest";

import { crc32, zip } from "./zip";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("a zip archive", () => {
  it("is read by another program, byte for byte", async () => {
    const entries = [
      { name: "bytes.bin", data: Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256) },
      { name: "empty", data: new Uint8Array() },
      { name: "文字 ü.txt", data: text("inside") },
    ];
    const folder = mkdtempSync(join(tmpdir(), "zip-"));
    try {
      const file = join(folder, "a.zip");
      writeFileSync(file, new Uint8Array(await zip(entries).arrayBuffer()));
      const program = `import json,sys,zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({i.filename: list(z.read(i)) for i in z.infolist()}))`;
      const read = JSON.parse(execFileSync("python3", ["-c", program, file], { encoding: "utf8" })) as unknown;
      expect(read).toEqual(Object.fromEntries(entries.map(({ name, data }) => [name, [...data]])));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is the same for the same content", async () => {
    const once = async (): Promise<ArrayBuffer> => zip([{ name: "a", data: text("b") }]).arrayBuffer();
    expect(new Uint8Array(await once())).toEqual(new Uint8Array(await once()));
  });

  it("has the checksum that others compute", () => {
    for (const value of ["", "a", "the quick brown fox", "\u0000\u00ff".repeat(99)])
      expect(crc32(text(value))).toBe(reference(text(value)));
  });
});

import { expect, test } from "vitest";

import { ApiError, errorBody } from "../api/errors";
import { sample } from "./fixtures";
import { createUploadStore } from "./uploads";

const file = { name: "a.png" } as File;

test("an upload is listed with how much was sent, and gone once it is there", async () => {
  const seen: number[] = [];
  const store = createUploadStore((explorer, sent, onProgress) => {
    expect([explorer, sent]).toEqual(["scenes", file]);
    onProgress(0.5);
    seen.push(...store.get().map(({ sent }) => sent));
    return Promise.resolve(sample(7));
  });
  expect((await store.start("scenes", file))?.index).toBe(7);
  expect(seen).toEqual([0.5]);
  expect(store.get()).toEqual([]);
});

test("a refusal stays until it is dismissed", async () => {
  const store = createUploadStore(() => Promise.reject(new ApiError(415, errorBody("unsupported_type", "No image."))));
  expect(await store.start("scenes", file)).toBeNull();
  const [upload] = store.get();
  expect(upload).toMatchObject({ name: "a.png", error: { code: "unsupported_type", message: "No image." } });
  store.dismiss(upload?.id ?? -1);
  expect(store.get()).toEqual([]);
});

test("one that is stopped leaves nothing behind", async () => {
  const store = createUploadStore(
    (_explorer, _file, _onProgress, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      }),
  );
  const ended = store.start("scenes", file);
  store.dismiss(store.get()[0]?.id ?? -1);
  expect(await ended).toBeNull();
  expect(store.get()).toEqual([]);
});

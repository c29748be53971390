/** Images on their way to the server, and those it did not take. */

import { isAbort, toErrorBody } from "../api/errors";
import type { ErrorBody, Sample } from "../api/types";
import { createStore, type Store } from "./store";

export interface Upload {
  readonly id: number;
  readonly explorer: string;
  readonly name: string;
  /** Share that has been sent. */
  readonly sent: number;
  readonly error: ErrorBody | null;
}

export type Send = (
  explorer: string,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
) => Promise<Sample>;

export interface UploadStore extends Store<readonly Upload[]> {
  start: (explorer: string, file: File) => Promise<Sample | null>;
  /** Shows a file that was not even sent. */
  refuse: (explorer: string, name: string, error: ErrorBody) => void;
  /** Stops one that is under way; forgets one that has failed. */
  dismiss: (id: number) => void;
}

export function createUploadStore(send: Send): UploadStore {
  const store = createStore<readonly Upload[]>([]);
  const stops = new Map<number, AbortController>();
  let next = 0;

  const change = (id: number, patch: Partial<Upload>): void =>
    store.set(store.get().map((upload) => (upload.id === id ? { ...upload, ...patch } : upload)));
  const drop = (id: number): void => store.set(store.get().filter((upload) => upload.id !== id));
  const add = (explorer: string, name: string, error: ErrorBody | null): number => {
    const id = next++;
    store.set([...store.get(), { id, explorer, name, sent: 0, error }]);
    return id;
  };

  return {
    ...store,
    start: async (explorer, file) => {
      const id = add(explorer, file.name, null);
      const stop = new AbortController();
      stops.set(id, stop);
      try {
        const sample = await send(explorer, file, (sent) => change(id, { sent }), stop.signal);
        drop(id);
        return sample;
      } catch (error) {
        if (isAbort(error)) drop(id);
        else change(id, { error: toErrorBody(error) });
        return null;
      } finally {
        stops.delete(id);
      }
    },
    refuse: (explorer, name, error) => void add(explorer, name, error),
    dismiss: (id) => {
      const stop = stops.get(id);
      if (stop) stop.abort();
      else drop(id);
    },
  };
}

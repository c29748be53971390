/**
 * Maps that are still being computed: the newest estimate of each, read when the server says that there is a better one.
 *
 * Of one map at most one request is under way, and the next is about the newest estimate announced by then. So replies
 * neither pile up behind a slow network nor overtake each other.
 */

import type { StreamedEvent } from "../api/stream";
import type { MapInfo, PartialEvent } from "../api/types";
import type { HeatMap } from "../heatmap";
import { isNewer, readVersion, type Version } from "./jobs";
import { createStore, type Store } from "./store";

export interface PartialMap {
  /** Of the evaluations that it stands on, 0 … 1. */
  readonly share: number;
  readonly info: { readonly maps: readonly MapInfo[] };
  /** By feature name. */
  readonly maps: Readonly<Record<string, HeatMap>>;
}

/** By `partialKey`. */
export type Partials = ReadonlyMap<string, PartialMap>;

export const partialKey = (job: string, key: string): string => `${job} ${key}`;

export type LoadPartial = (job: string, key: string, feature: string) => Promise<HeatMap>;

export interface PartialStore extends Store<Partials> {
  receive: (event: StreamedEvent) => void;
}

interface Slot {
  newest: Version | null;
  wanted: PartialEvent | null;
  loading: boolean;
}

/** Of those drawn last; an estimate is of no use once its map is there. */
const KEPT = 64;

export function createPartialStore(load: LoadPartial): PartialStore {
  const store = createStore<Partials>(new Map());
  const slots = new Map<string, Slot>();

  const put = (id: string, partial: PartialMap): void => {
    const next = new Map(store.get());
    next.delete(id);
    next.set(id, partial);
    for (const oldest of next.keys()) {
      if (next.size <= KEPT) break;
      next.delete(oldest);
      slots.delete(oldest);
    }
    store.set(next);
  };

  const read = async (id: string, slot: Slot): Promise<void> => {
    slot.loading = true;
    while (slot.wanted) {
      const { job, key, share, maps } = slot.wanted;
      slot.wanted = null;
      try {
        const loaded = await Promise.all(
          maps.map(async ({ feature }) => [feature, await load(job, key, feature)] as const),
        );
        put(id, { share, info: { maps }, maps: Object.fromEntries(loaded) });
      } catch {
        // Replaced by the finished map, or unreachable: what is drawn stays, and the next event asks again.
      }
    }
    slot.loading = false;
  };

  return {
    ...store,
    receive: ({ id: eventId, event }) => {
      if (event.type !== "partial") return;
      const id = partialKey(event.job, event.key);
      const version = readVersion(eventId);
      const slot = slots.get(id) ?? { newest: null, wanted: null, loading: false };
      if (!isNewer(version, slot.newest)) return;
      slots.set(id, slot);
      slot.newest = version;
      slot.wanted = event;
      if (!slot.loading) void read(id, slot);
    },
  };
}

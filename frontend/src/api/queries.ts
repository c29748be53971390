/** What components read from the server: cached, shared, aborted when nobody looks any more. */

import { QueryClient, useQueries, useQuery, type UseQueryResult } from "@tanstack/react-query";

import { ApiError } from "./errors";
import { loadImage, type Picture } from "./image";
import * as routes from "./routes";
import type { HeatMap, NpyArray } from "../heatmap";
import type { AttributionRequest, Estimate, ExplorerDetail, Explorers, ResultInfo, SamplePage } from "./types";

const MINUTE = 60_000;

/** Refusals are answers; only what may pass is tried again. */
function shouldRetry(failures: number, error: unknown): boolean {
  const passing = error instanceof ApiError && (error.unreachable || error.status === 429 || error.status >= 500);
  return passing && failures < 2;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: shouldRetry,
        retryDelay: (failures) => 300 * 2 ** failures,
        refetchOnWindowFocus: false,
        networkMode: "always",
        staleTime: Infinity,
      },
    },
  });
}

export const keys = {
  explorers: ["explorers"] as const,
  explorer: (id: string) => ["explorer", id] as const,
  samples: (id: string) => ["samples", id] as const,
};

export function useExplorers(): UseQueryResult<Explorers> {
  return useQuery({ queryKey: keys.explorers, queryFn: ({ signal }) => routes.listExplorers(signal) });
}

/** Asked again every second until its models are loaded, in case the events do not say so. */
export function useExplorer(id: string | null): UseQueryResult<ExplorerDetail> {
  return useQuery({
    queryKey: keys.explorer(id ?? ""),
    queryFn: ({ signal }) => routes.getExplorer(id ?? "", signal),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && state.data.state !== "ready" ? 1000 : false),
  });
}

export function useSamples(explorer: string, query: routes.SamplesQuery): UseQueryResult<SamplePage> {
  return useQuery({
    queryKey: [...keys.samples(explorer), query],
    queryFn: ({ signal }) => routes.getSamples(explorer, query, signal),
    // The page before stays while the next one comes, but not another explorer's.
    placeholderData: (before, query) => (query?.queryKey[1] === explorer ? before : undefined),
    gcTime: MINUTE,
    refetchInterval: ({ state }) => (state.data && isGrowing(state.data) ? 700 : false),
  });
}

/** More samples or predictions are on their way. */
export function isGrowing(page: SamplePage): boolean {
  return page.state === "scanning";
}

/** What each request would cost, or why it would be refused. */
export function useEstimates(requests: readonly AttributionRequest[], enabled: boolean): UseQueryResult<Estimate>[] {
  return useQueries({
    queries: requests.map((request) => ({
      queryKey: ["estimate", request],
      queryFn: ({ signal }: { signal: AbortSignal }) => routes.checkJob(request, signal),
      enabled,
      staleTime: 5000,
      gcTime: 5000,
    })),
  });
}

export interface Result {
  readonly info: ResultInfo;
  /** By feature name. */
  readonly maps: Readonly<Record<string, HeatMap>>;
}

async function loadResult(key: string, signal: AbortSignal): Promise<Result> {
  const info = await routes.getResult(key, signal);
  const maps = await Promise.all(
    info.maps.map(async ({ feature }) => [feature, await routes.getMap(key, feature, signal)] as const),
  );
  return { info, maps: Object.fromEntries(maps) };
}

const resultOptions = (key: string) => ({
  queryKey: ["result", key],
  queryFn: ({ signal }: { signal: AbortSignal }) => loadResult(key, signal),
  gcTime: 5 * MINUTE,
});

export function useResult(key: string | null): UseQueryResult<Result> {
  return useQuery({ ...resultOptions(key ?? ""), enabled: key !== null });
}

export function useResults(resultKeys: readonly string[]): UseQueryResult<Result>[] {
  return useQueries({ queries: resultKeys.map(resultOptions) });
}

export function useImage(explorer: string, index: number, feature: string): UseQueryResult<Picture> {
  return useQuery({
    queryKey: ["image", explorer, index, feature],
    queryFn: ({ signal }) => loadImage(routes.imageUrl(explorer, index, feature), signal),
    gcTime: 2 * MINUTE,
  });
}

export function useEvidence(
  explorer: string,
  index: number,
  feature: string,
  enabled: boolean,
): UseQueryResult<NpyArray> {
  return useQuery({
    queryKey: ["evidence", explorer, index, feature],
    queryFn: ({ signal }) => routes.getEvidence(explorer, index, feature, signal),
    enabled,
    gcTime: 2 * MINUTE,
  });
}

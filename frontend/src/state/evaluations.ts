/** Checks of whether a map is faithful: what is asked, how far it is, and what its numbers say. */

import { errorBody } from "../api/errors";
import type {
  AttributionRequest,
  BaselineDescription,
  CurveInfo,
  ErrorBody,
  EvaluationRequest,
  JobItem,
  RandomisationInfo,
  ReadingInfo,
} from "../api/types";
import type { BaselineChoice } from "./baselines";
import { isOver, type Jobs } from "./jobs";
import type { Hold, Launch } from "./launches";
import { composed, partsOf } from "./target";

/** A finished map: what was asked, and what came of it. */
export interface Finished {
  readonly request: AttributionRequest;
  readonly item: JobItem;
}

/** The same map again, of the very classes that it explains, with an evaluation. */
export function evaluationRequest({ request, item }: Finished, evaluation: EvaluationRequest): AttributionRequest {
  const parts = partsOf(request.target);
  const target = parts
    ? composed({ ...parts, of: item.target ?? parts.of, against: item.against ?? parts.against })
    : request.target;
  return { ...request, samples: [item.sample], target, evaluation };
}

export const sameRequest = (a: AttributionRequest, b: AttributionRequest): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

export interface CheckState {
  readonly phase: "idle" | "sending" | "held" | "queued" | "running" | "done" | "failed";
  /** Of the evaluations, 0 to 1. */
  readonly share: number;
  readonly etaSeconds: number | null;
  readonly hold: Hold | null;
  readonly key: string | null;
  readonly error: ErrorBody | null;
}

const IDLE: CheckState = { phase: "idle", share: 0, etaSeconds: null, hold: null, key: null, error: null };

/** How far the newest launch of a request is; one that was cancelled leaves nothing. */
export function checkState(launches: readonly Launch[], jobs: Jobs, request: AttributionRequest): CheckState {
  const launch = launches.findLast((one) => sameRequest(one.request, request));
  if (!launch) return IDLE;
  if (launch.error) return { ...IDLE, phase: "failed", error: launch.error };
  const job = launch.job === null ? undefined : jobs.get(launch.job)?.job;
  if (!job) return launch.job === null ? { ...IDLE, phase: launch.held ? "held" : "sending", hold: launch.held } : IDLE;
  const [item] = job.items;
  if (item?.state === "done") return { ...IDLE, phase: "done", share: 1, key: item.key };
  const state = item && isOver(item.state) ? item.state : job.state;
  if (state === "cancelled") return IDLE;
  if (isOver(state)) return { ...IDLE, phase: "failed", error: item?.error ?? job.error ?? errorBody(job.state, "") };
  const share = job.total > 0 ? job.done / job.total : 0;
  return { ...IDLE, phase: state === "queued" ? "queued" : "running", share, etaSeconds: job.eta_seconds };
}

function namesOf(choice: BaselineChoice | null): readonly string[] {
  if (choice === null) return [];
  return Array.isArray(choice) ? choice : Object.values(choice as Readonly<Record<string, string[]>>).flat();
}

/** What squares can be replaced by: the map's own baseline, or zero where it has none, and the blurred image. */
export function fills(baseline: BaselineChoice | null, offered: readonly BaselineDescription[]): BaselineDescription[] {
  // Only what is made of the sample itself fills squares: of other choices the first that is.
  const own = typeof baseline === "string" ? [baseline] : namesOf(baseline);
  const first = own.find((id) => offered.some((one) => one.id === id)) ?? "zero";
  const wanted = [...new Set([first, "blurred", "zero"])].slice(0, 2);
  return wanted.flatMap((id) => offered.find((one) => one.id === id) ?? []);
}

export type CurveKind = "deletion" | "insertion";
export type CurveVerdict = "better" | "edges" | "alike" | "worse";

export const curveOf = (reading: ReadingInfo, kind: CurveKind, order: CurveInfo["order"]): CurveInfo | undefined =>
  reading[kind].find((curve) => curve.order === order);

/** Whether the map's area beats those of the controls; random orders' by more than their spread. */
export function curveVerdict(reading: ReadingInfo, kind: CurveKind): CurveVerdict | null {
  const [map, edges, random] = (["map", "edges", "random"] as const).map((order) => curveOf(reading, kind, order));
  if (!map || !edges || !random) return null;
  const gain = (over: CurveInfo): number => (kind === "deletion" ? over.area - map.area : map.area - over.area);
  const spread = random.area_spread ?? 0;
  if (gain(random) < -spread) return "worse";
  if (gain(random) <= spread) return "alike";
  return gain(edges) > 0 ? "better" : "edges";
}

export type RandomVerdict = "hardly" | "partly" | "changes" | "unknown";

const HARDLY = 0.8;
const PARTLY = 0.5;

export interface RandomFinding {
  readonly verdict: RandomVerdict;
  /** The signs follow the model, the places still the image. */
  readonly whereNotWhat: boolean;
}

/** What the maps of the model with no weight left of its own say about the method. */
export function randomFinding({ steps }: RandomisationInfo): RandomFinding {
  const last = steps.at(-1);
  if (!last || last.signed === null || last.absolute === null) return { verdict: "unknown", whereNotWhat: false };
  const signed = Math.abs(last.signed);
  if (Math.max(signed, last.absolute) >= HARDLY) return { verdict: "hardly", whereNotWhat: false };
  if (signed >= PARTLY) return { verdict: "partly", whereNotWhat: false };
  return { verdict: "changes", whereNotWhat: last.absolute >= PARTLY };
}

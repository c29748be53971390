/** One check of one map: what it would cost, how far it is, what came of it. */

import { toErrorBody } from "../../api/errors";
import { useEstimates, useResult, type Result } from "../../api/queries";
import type { AttributionRequest, ErrorBody, Estimate } from "../../api/types";
import { checkState, sameRequest, type CheckState } from "../../state/evaluations";
import { evaluations, useEvaluations } from "../../state/services";

export interface Check {
  readonly estimate: Estimate | null;
  /** Why the server would not run it. */
  readonly refusal: ErrorBody | null;
  readonly state: CheckState;
  readonly result: Result | null;
  readonly loading: boolean;
  /** Why the result could not be loaded. */
  readonly unread: ErrorBody | null;
  readonly run: () => void;
  readonly cancel: () => void;
  readonly read: () => void;
}

export function useCheck(request: AttributionRequest): Check {
  const { launches, jobs } = useEvaluations();
  const [asked] = useEstimates([request], true);
  const state = checkState(launches, jobs, request);
  const estimate = asked?.data ?? null;
  // What is stored already need not be asked for.
  const key = state.key ?? (state.phase === "idle" && estimate?.stored === 1 ? (estimate.items[0]?.key ?? null) : null);
  const result = useResult(key);
  return {
    estimate,
    refusal: asked?.error ? toErrorBody(asked.error) : null,
    state,
    result: result.data ?? null,
    loading: key !== null && result.isLoading,
    unread: result.error ? toErrorBody(result.error) : null,
    run: () => void evaluations.launch([{ column: 0, request }], "cell"),
    cancel: () => void evaluations.cancel(request.explorer, (other) => sameRequest(other.request, request)),
    read: () => void result.refetch(),
  };
}

import type { MethodDescription, Smoothing } from "../api/types";
import type { Sign } from "../heatmap";
import type { SignChoice } from "./page";

/** The reader's choice, else the method's own; squares and variances have lost their sign. */
export function signOf(choice: SignChoice, method: MethodDescription | undefined, smoothing: Smoothing | null): Sign {
  if (choice !== "auto") return choice;
  if (smoothing && smoothing.type !== "smoothgrad") return "absolute";
  return method?.sign ?? "all";
}

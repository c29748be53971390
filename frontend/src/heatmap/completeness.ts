/** How well attributions add up to what they explain. */

export interface Completeness {
  /** |delta| as a share of |output − output at the baseline|. */
  readonly gap: number;
  readonly difference: number;
  readonly delta: number;
}

/** Above this gap the page asks for more steps. */
export const WIDE_GAP = 0.05;

export function completeness(
  output: number | null,
  outputBaseline: number | null,
  delta: number | null,
): Completeness | null {
  if (output === null || outputBaseline === null || delta === null) return null;
  const difference = output - outputBaseline;
  const gap = delta === 0 ? 0 : Math.abs(delta) / Math.abs(difference);
  return { gap, difference, delta };
}

/** How the samples are looked at: as a grid, one closely, or one presented. */

export const VIEW_KINDS = ["grid", "detail", "present"] as const;
export type ViewKind = (typeof VIEW_KINDS)[number];

export interface View {
  readonly kind: ViewKind;
  /** The one looked at. Null: whichever stands at `place`. */
  readonly sample: number | null;
  /** In the present order, from 0, until the sample that stands there is known. Null: the first shown. */
  readonly place: number | null;
}

export const GRID: View = { kind: "grid", sample: null, place: null };

/** Goes into the address; the grid is left out. */
export function writeView({ kind, sample }: View): [key: string, value: string | number | null][] {
  return kind === "grid"
    ? []
    : [
        ["view", kind],
        ["sample", sample],
      ];
}

export function readView(params: URLSearchParams): View {
  const kind = VIEW_KINDS.find((candidate) => candidate === params.get("view")) ?? "grid";
  const sample = params.get("sample") ?? "";
  return kind === "grid" ? GRID : { kind, sample: /^\d{1,15}$/.test(sample) ? Number(sample) : null, place: null };
}

/** What of a page of samples is on screen; nothing while that cannot be told. */
export function inView<T extends { readonly index: number }>(
  items: readonly T[],
  { kind, sample, place }: View,
  { start, outdated }: { start: number; outdated: boolean },
): readonly T[] {
  if (kind === "grid") return items;
  if (sample !== null) return items.filter(({ index }) => index === sample);
  const at = (place ?? start) - start;
  return outdated ? [] : items.slice(Math.max(at, 0), Math.max(at, 0) + 1);
}

/** Words and lines as pictures and the saved page draw them: what each says, and how strongly it is coloured. */

import { panelSigns } from "../features/panels";
import { strength } from "../features/shade";
import { linesOf, valueLines, valueOf } from "../features/table/rows";
import { isShown, valueWords } from "../features/text/words";
import type { Sign } from "../heatmap";
import type { Display, PanelId } from "../state/page";
import { drawnAt, markBar, ownLimit, signFor, sizeOf, type Bar, type Subject } from "./panels";
import type { ShownCell, ShownTable, ShownText } from "./shown";

export interface Mark {
  /** The word, or the line's name. */
  readonly text: string;
  /** What the line has at its right: the row's value, or an input's share. */
  readonly beside: string | null;
  /** Null where there is no map. */
  readonly value: number | null;
  /** −1 … 1 */
  readonly share: number;
  readonly decides: boolean;
}

export interface MarkPanel {
  readonly kind: "words" | "lines";
  readonly feature: string;
  readonly panel: PanelId | "shares";
  readonly marks: readonly Mark[];
  readonly bar: Bar | null;
}

type Marked = ShownText | ShownTable;

const anyOf = (decides: readonly boolean[], start: number, stop: number): boolean =>
  decides.slice(start, stop).includes(true);

/** The input without a map. */
export function originalMarks(input: Marked): MarkPanel {
  const common = { value: null, share: 0 };
  const marks: Mark[] =
    input.kind === "text"
      ? input.words.filter(isShown).map(({ text, start, stop }) => ({
          ...common,
          text,
          beside: null,
          decides: anyOf(input.decides, start, stop),
        }))
      : input.rows.map((line) => ({
          ...common,
          text: line.name,
          beside: valueOf(line),
          decides: decided(input, line),
        }));
  return { ...kindOf(input), panel: "original", marks, bar: null };
}

/** The panels of a map. `limit` ends the colours where maps share a scale; by default the map's own. */
export function mapMarks(
  subject: Subject,
  input: Marked,
  display: Display,
  limit = ownLimit(subject, input, display),
): MarkPanel[] {
  const values = drawnAt(subject, sizeOf(input));
  return panelSigns(display, signFor(display, subject.sign)).map(({ panel, sign }) => ({
    ...kindOf(input),
    panel,
    marks: marksOf(values, input, sign, limit),
    bar: markBar(sign, limit, display),
  }));
}

function marksOf(values: Float32Array, input: Marked, sign: Sign, limit: number): Mark[] {
  if (input.kind === "text")
    return valueWords(values, input.words)
      .filter(isShown)
      .map(({ text, start, stop, value }) => ({
        text,
        beside: null,
        value,
        share: strength(value, sign, limit),
        decides: anyOf(input.decides, start, stop),
      }));
  return linesOf(valueLines(values, input.rows), sign).map((line) => ({
    text: line.name,
    beside: valueOf(line),
    value: line.attribution,
    share: strength(line.attribution, sign, limit),
    decides: decided(input, line),
  }));
}

/** What each of several inputs adds; null where there is one. */
export function shareMarks({ shares }: ShownCell, percent: (share: number) => string): MarkPanel | null {
  if (shares.length < 2) return null;
  const most = Math.max(...shares.map(({ share }) => share)) || 1;
  const marks = shares.map(({ name, sum, share }) => ({
    text: name,
    beside: percent(share),
    value: sum,
    share: (Math.sign(sum) * share) / most,
    decides: false,
  }));
  return { kind: "lines", feature: "", panel: "shares", marks, bar: null };
}

const kindOf = ({ kind, feature }: Marked) => ({ kind: kind === "text" ? "words" : "lines", feature }) as const;

function decided({ decides }: Marked, { places }: { places: readonly number[] }): boolean {
  return places.some((at) => decides[at] === true);
}

/** "review: Attribution" */
export function markTitle({ feature, panel }: MarkPanel, names: MarkWords): string {
  if (panel === "shares") return names.contributions;
  return `${feature}: ${panel === "heat" ? names.attribution : names.panels[panel]}`;
}

export interface MarkWords {
  readonly panels: Readonly<Record<PanelId, string>>;
  readonly attribution: string;
  readonly contributions: string;
}
